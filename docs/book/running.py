"""Notebooks run on pocket, two at once, each only when something has changed on which its outputs depend."""

import asyncio
import hashlib
import os
import platform
import tempfile
import time
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

# What a notebook's outputs depend on beside itself: the helper package, weights, cases and kept rows, the libraries.
GROUND = ("maskedit_helpers", "models/pocket", "data", "constraints.txt")
NOT_READ = {"__pycache__", "figures"}  # data/figures holds pictures that no notebook reads
# Longest first, so that the last one to end is a short one; the others follow in their order.
LONG = ("08", "02", "05", "06", "09", "04")
PATIENCE = 600  # seconds a cell may take; only a broken or a very busy machine needs them


class Stopped(Exception):
    """A notebook did not come to its end; the message shows it, the cell and the error."""


def ground(root):
    """Hash of all that every notebook stands on: names and bytes of GROUND's files, and the Python."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in GROUND:
        top = root / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not NOT_READ & set(path.relative_to(root).parts):
                data = path.read_bytes()
                digest.update(f"{path.relative_to(root).as_posix()} {len(data)};".encode())
                digest.update(data)
    return digest.hexdigest()


def key(notebook, grounds):
    """32 hexadecimal digits that change when the notebook or anything in `grounds` does."""
    return hashlib.sha256(grounds.encode() + notebook.read_bytes()).hexdigest()[:32]


def execute(notebooks, root, kept, say=partial(print, flush=True)):
    """Run what is not kept yet, in copies.

    Parameters
    ----------
    notebooks : paths of notebooks under `root`, which stay as they are
    root : the project's folder
    kept : the folder of executed copies, each with its key in the metadata; made if it is not there
    say : is told a line for each notebook

    Returns
    -------
    {path: path of its executed copy}

    Raises
    ------
    Stopped
        An error in a cell, or none and no end either; what runs beside it is stopped too.
    """
    kept.mkdir(parents=True, exist_ok=True)
    grounds = ground(root)
    copies = {path: kept / path.name for path in notebooks}
    todo = [path for path, copy in copies.items() if _kept_key(copy) != key(path, grounds)]
    todo.sort(key=lambda path: LONG.index(path.name[:2]) if path.name[:2] in LONG else len(LONG))
    say(f"notebooks: {len(copies) - len(todo)} kept, {len(todo)} to run")
    try:
        asyncio.run(_all(todo, copies, grounds, say))
    except* Stopped as errors:
        raise errors.exceptions[0] from None
    return copies


def _kept_key(copy):
    return nbformat.read(copy, 4).metadata.get("book_key") if copy.is_file() else None


async def _all(todo, copies, grounds, say):
    two, ended = asyncio.Semaphore(2), []

    async def one(path):
        async with two:
            began = time.monotonic()
            book = await _run(path)
            book.metadata["book_key"] = key(path, grounds)
            nbformat.write(book, copies[path])
            ended.append(path)
            say(f"{len(ended):2d} of {len(todo)}  {path.name}  {time.monotonic() - began:.0f} s")

    async with asyncio.TaskGroup() as group:
        for path in todo:
            group.create_task(one(path))


async def _run(path):
    """The notebook with its outputs; run where it lies, so that its set-up cell finds the kit."""
    book = nbformat.read(path, 4)
    with tempfile.TemporaryDirectory() as results:
        # Pocket on one thread of the CPU, wherever the book is built: two kernels share two cores.
        env = {**os.environ, "MASKEDIT_SIZE": "pocket", "MASKEDIT_RESULTS": results, "OMP_NUM_THREADS": "1",
               "CUDA_VISIBLE_DEVICES": ""}
        client = NotebookClient(book, timeout=PATIENCE, kernel_name="python3", store_widget_state=False,
                                extra_arguments=["--log-level=40"],  # errors, not that its sockets are plain
                                resources={"metadata": {"path": str(Path(path).parent)}})
        try:
            await client.async_execute(env=env)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise Stopped(f"{path.name}: {error}") from None
        # A reader shall see the folder's name as it is for everybody.
        return nbformat.from_dict(_told(book, results))


def _told(thing, folder):
    """Outputs without the name of a folder that is gone."""
    if isinstance(thing, str):
        return thing.replace(folder, "results")
    if isinstance(thing, dict):
        return {name: _told(part, folder) for name, part in thing.items()}
    return [_told(part, folder) for part in thing] if isinstance(thing, list) else thing
