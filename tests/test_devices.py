"""Number formats by compute capability, and one line where memory runs out."""

import pytest
import torch

from maskedit_helpers import devices
from maskedit_helpers.errors import KitError


@pytest.mark.parametrize("capability, wanted", [
    ((7, 0), torch.float16), ((7, 5), torch.float16),  # V100, T4
    ((8, 0), torch.bfloat16), ((8, 9), torch.bfloat16), ((9, 0), torch.bfloat16)])  # A100, L4, H100
def test_half_precision_that_the_gpu_really_has(monkeypatch, capability, wanted):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *a, **k: True)  # what a T4 says of itself
    assert devices.number_format("cuda") == wanted


def test_single_precision_elsewhere():
    assert devices.number_format("cpu") == devices.number_format("mps") == torch.float32


@pytest.mark.parametrize("cuda, mps, wanted", [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_the_best_device_there_is(monkeypatch, cuda, mps, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert devices.pick_device() == wanted and devices.pick_device("cpu") == "cpu"


@pytest.mark.parametrize("error", [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp:115] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)")])
def test_out_of_memory_is_one_line_with_advice(error):
    with pytest.raises(KitError, match="^the edit: out of memory; buy less$"):
        with devices.memory_guard("the edit", "buy less"):
            raise error


def test_other_errors_pass_through():
    with pytest.raises(RuntimeError, match="shapes"):
        with devices.memory_guard("the edit", "buy less"):
            raise RuntimeError("shapes do not match")


def test_this_machine_has_memory():
    assert devices.total_memory("cpu") is None
    free = devices.free_memory("cpu")
    assert free is None or free > 0
