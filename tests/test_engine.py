"""Engines run a function over batches: the same results, in order, whichever runs it; a dead worker is told of."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from projects import FERRY, HARBOUR, errors, make_project, refresh, store_of

from assets.resources import Extraction
from pipeline.claims import extract_batch_with_failures
from pipeline.engine import ENGINES, FEWEST_BATCHES, Engine, Processes, Serial
from pipeline.errors import ConfigurationError, EngineError
from pipeline.passages import split_batch
from pipeline.settings import load_settings

MANY = 3 * FEWEST_BATCHES


def numbers(count: int) -> Iterator[pa.Table]:
    whole = pa.table({"n": range(count * 3)})
    return (whole.slice(3 * n, 3) for n in range(count))


def total(batch: pa.Table) -> tuple[int, int]:
    return pc.sum(batch.column("n")).as_py(), os.getpid()


def killed(batch: pa.Table) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refused(batch: pa.Table) -> None:
    raise ValueError("a batch that can't be done")


@pytest.mark.parametrize("engine", [Serial(), Processes(2)], ids=lambda engine: type(engine).__name__)
@pytest.mark.parametrize("count", [0, 1, FEWEST_BATCHES - 1, MANY])
def test_results_come_with_their_batches_in_order(engine: Engine, count: int) -> None:
    with engine:
        found = list(engine.map(total, numbers(count)))
    assert [batch.column("n").to_pylist() for batch, _ in found] == [
        batch.column("n").to_pylist() for batch in numbers(count)
    ]
    assert [result for _, (result, _) in found] == [9 * n + 3 for n in range(count)]


def test_processes_are_started_for_much_work_alone() -> None:
    with Processes(2) as engine:
        few = {pid for _, (_, pid) in engine.map(total, numbers(FEWEST_BATCHES - 1))}
        many = {pid for _, (_, pid) in engine.map(total, numbers(MANY))}
    assert few == {os.getpid()}
    assert os.getpid() not in many


def test_batches_are_taken_as_they_are_needed() -> None:
    taken = 0

    def counted() -> Iterator[pa.Table]:
        nonlocal taken
        for batch in numbers(10 * MANY):
            taken += 1
            yield batch

    with Processes(2) as engine:
        next(engine.map(total, counted()))
        assert taken < 2 * FEWEST_BATCHES


def test_a_worker_that_dies_is_told_of_and_the_next_work_has_new_ones() -> None:
    with Processes(2) as engine:
        with pytest.raises(EngineError, match='set engine = "serial"'):
            list(engine.map(killed, numbers(MANY)))
        assert len(list(engine.map(total, numbers(MANY)))) == MANY


@pytest.mark.parametrize("engine", [Serial(), Processes(2)], ids=lambda engine: type(engine).__name__)
def test_what_the_function_raises_is_raised(engine: Engine) -> None:
    with engine, pytest.raises(ValueError, match="can't be done"):
        list(engine.map(refused, numbers(MANY)))


def test_every_engine_finds_the_same_claims(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY, harbour=HARBOUR)
    assert errors(refresh(root, only=["documents", "failures", "fetches"])) == []
    passages = split_batch(store_of(root).read("documents"))
    batches = [passages.slice(n % passages.num_rows, 1) for n in range(MANY)]
    with Serial() as one, Processes(2) as other:
        serial = [found for _, (found, _) in one.map(extract_batch_with_failures, iter(batches))]
        pooled = [found for _, (found, _) in other.map(extract_batch_with_failures, iter(batches))]
    assert sum(table.num_rows for table in serial) > MANY
    assert pa.concat_tables(serial).equals(pa.concat_tables(pooled))


def test_the_settings_name_the_engine(tmp_path: Path) -> None:
    for name, kind in ENGINES.items():
        (tmp_path / "sources.toml").write_text(f'[settings]\nengine = "{name}"\n', encoding="utf-8")
        assert isinstance(Extraction().engine(load_settings(tmp_path, {})), type(kind()))
    (tmp_path / "sources.toml").write_text('[settings]\nengine = "steam"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="engine must be one of serial, processes, not 'steam'"):
        load_settings(tmp_path, {})
