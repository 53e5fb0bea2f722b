"""The processes that train together, one or several (`accelerate launch`), and what they must agree on."""
from ..errors import KitError

DEVICES = ("auto", "cpu", "cuda")


def check_device(device):
    """KitError unless it is one of DEVICES, and here."""
    import torch

    if device not in DEVICES:
        raise KitError(f"device {device!r} is unknown; use one of {', '.join(DEVICES)}")
    if device == "cuda" and not torch.cuda.is_available():
        raise KitError("device cuda was asked but torch finds no GPU: use --device auto")


class Team:
    """device: where this process computes. size: processes. rank: this one's number; number 0 is the main one, which
    alone writes, the others only compute."""

    def __init__(self, device):
        from accelerate import Accelerator

        check_device(device)
        self._accelerator = Accelerator(cpu=device == "cpu")
        self.device, self.size = self._accelerator.device, self._accelerator.num_processes
        self.rank, self.main = self._accelerator.process_index, self._accelerator.is_main_process

    def told(self, number):
        """The main process's number, in every process."""
        import torch
        from accelerate.utils import broadcast

        if self.size == 1:
            return number
        return broadcast(torch.tensor([number], dtype=torch.float64, device=self.device)).item()

    def begin_alike(self, modules):
        """All processes take the main one's weights."""
        from accelerate.utils import broadcast

        if self.size > 1:
            for module in modules:
                for tensor in module.state_dict().values():
                    tensor.copy_(broadcast(tensor.clone()))

    def share_gradients(self, params):
        """Mean of the gradients over the processes.

        Written out instead of DistributedDataParallel, whose wrapper only knows `forward`: parts call a module's
        methods too (a VAE's encode and decode, SAM's three stages).
        """
        import torch

        if self.size > 1:
            grads = [p.grad for p in params if p.grad is not None]
            flat = self._accelerator.reduce(torch.cat([g.reshape(-1) for g in grads]), reduction="mean")
            for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
                grad.copy_(part.view(grad.shape))
