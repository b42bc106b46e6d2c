"""One refresh at a time on a data folder: a second waits its turn."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pipeline.errors import StorageError

LOCK = ".refresh.lock"
POLL_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 3600.0


@contextmanager
def turn(
    data: str, *, wait_seconds: float = LONGEST_WAIT_SECONDS, on_wait: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Hold the data folder for one refresh. The lock goes with the process that holds it, however that ends.

    `on_wait` is told once, in a sentence, if another refresh has its turn. StorageError if it still has after
    `wait_seconds`. An object-store address can't be locked: there the commits alone keep writers apart.
    """
    if "://" in data:
        yield
        return
    path = Path(data) / LOCK
    if path.parent.is_symlink() and not path.parent.exists():
        raise StorageError(
            f"{path.parent}: is a link to {path.parent.readlink()}, which is not there; is its disk mounted?"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise StorageError(f"{path.parent}: cannot be written: {error.strerror}") from error
    with file:
        if not _taken(file):
            on_wait(f"another refresh is at work on {data}; this one waits for it")
            end = time.monotonic() + wait_seconds
            while not _taken(file):
                if time.monotonic() > end:
                    raise StorageError(f"{data}: another refresh has been at work for {wait_seconds:.0f} s")
                time.sleep(POLL_SECONDS)
        yield


def is_taken(data: str) -> bool:
    """Whether a process holds this data folder. StorageError if its lock can't be looked at."""
    path = Path(data) / LOCK
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        raise StorageError(f"{path}: cannot be looked at: {error.strerror}") from error
    return False


def _taken(file: TextIO) -> bool:
    """Try to take the lock of an open file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
