"""Rows put aside on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.spill import Spill

SCHEMA = pa.schema([("name", pa.string())])


@pytest.fixture
def spill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spill:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = Spill(SCHEMA, 3)
    made.put(pa.table({"name": ["oak", "elm", "ash", "yew"]}), np.array([2, 0, 2, 2]))
    return made


def test_parts_hold_their_rows_in_the_order_in_which_they_were_put(spill: Spill) -> None:
    with spill:
        assert [spill.part(number)["name"].to_pylist() for number in range(3)] == [
            ["elm"],
            [],
            ["oak", "ash", "yew"],
        ]


def test_a_part_whose_file_is_gone_is_not_taken_for_an_empty_one(spill: Spill, tmp_path: Path) -> None:
    with spill:
        assert spill.part(0).num_rows == 1
        for folder in tmp_path.iterdir():
            shutil.rmtree(folder)
        with pytest.raises(FileNotFoundError):
            spill.part(2)
        assert spill.part(1).num_rows == 0
