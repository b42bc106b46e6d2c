"""Engines: how a pure function over batches is run, one after the other or over the cores, with the same results.

    with Serial() as engine:
        for batch, result in engine.map(extract_batch_with_failures, batches): ...

The function gets an Arrow table and must be one that other processes can import. Results come in the order of the
batches, whichever engine runs them.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context
from types import TracebackType
from typing import Protocol, Self, TypeVar

import pyarrow as pa

from pipeline.errors import EngineError

Result = TypeVar("Result")
Work = Callable[[pa.Table], Result]

# Starting a worker takes about as long as searching this many batches: fewer are done in this process.
FEWEST_BATCHES = 16
BATCHES_AHEAD_OF_EACH_WORKER = 3


class Engine(Protocol):
    """Runs a function over batches."""

    def __enter__(self) -> Self:
        """Be ready to run."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give up what it holds."""

    def map(self, work: Work[Result], batches: Iterable[pa.Table]) -> Iterator[tuple[pa.Table, Result]]:
        """Each batch with what the function gives for it, in order; at most a few batches are in memory."""


class Serial:
    """One batch after the other, in this process."""

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to give up."""

    def map(self, work: Work[Result], batches: Iterable[pa.Table]) -> Iterator[tuple[pa.Table, Result]]:
        """Each batch with what the function gives for it."""
        return ((batch, work(batch)) for batch in batches)


class Processes:
    """A pool of processes, one for each core that this one may use, started when there is enough to do."""

    def __init__(self, workers: int | None = None) -> None:
        """`workers` processes; by default as many as there are cores."""
        self.workers = workers or cores()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """No process is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes; what was not begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def map(self, work: Work[Result], batches: Iterable[pa.Table]) -> Iterator[tuple[pa.Table, Result]]:
        """Each batch with what the function gives for it; few batches are worked on in this process.

        EngineError if a worker dies: which batch it died of can't be told from outside.
        """
        ahead = iter(batches)
        first = list(islice(ahead, FEWEST_BATCHES))
        if len(first) < FEWEST_BATCHES or self.workers < 2:
            yield from Serial().map(work, chain(first, ahead))
            return
        under_way: deque[tuple[pa.Table, Future[Result]]] = deque()
        try:
            for batch in chain(first, ahead):
                under_way.append((batch, self._started().submit(_work, work, _packed(batch))))
                if len(under_way) > self.workers * BATCHES_AHEAD_OF_EACH_WORKER:
                    done, future = under_way.popleft()
                    yield done, future.result()
            while under_way:
                done, future = under_way.popleft()
                yield done, future.result()
        except BrokenProcessPool as error:
            self._pool = None
            raise EngineError(
                "a worker process ended while it was at work, most likely for want of memory; what it had not "
                'done is done by the next run; if that fails too, set engine = "serial" under [settings] in '
                "sources.toml"
            ) from error

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned, not forked: Arrow and Delta have threads, which a fork breaks.
            self._pool = ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"))
        return self._pool


ENGINES: dict[str, Callable[[], Engine]] = {"serial": Serial, "processes": Processes}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _packed(batch: pa.Table) -> pa.Buffer:
    """The batch as Arrow's own bytes: of a slice, unlike a pickle, its rows alone."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_table(batch)
    return sink.getvalue()


def _work(work: Work[Result], packed: pa.Buffer) -> Result:
    """What a worker does with a batch."""
    return work(pa.ipc.open_stream(packed).read_all())
