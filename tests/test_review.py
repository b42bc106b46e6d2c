"""What waits for a person, and what was known on a day."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
from projects import FERRY, FERRY_LATER, make_project, refresh, store_of
from typer.testing import CliRunner

import pipeline
from pipeline.cli import app
from pipeline.tables import REVIEW
from pipeline.terminal.review import Waiting, show_waiting, waiting

STALE = """
[[correction]]
id = "crew-counted-too"
action = "confirm"
who = "Ada Example"
when = 2024-05-04
why = "Checked against the passenger list"
claims = [{ exact = "310", quote = "It carried 310 passengers" }]
expects = { value = 300 }
"""


def test_everything_that_waits_is_listed() -> None:
    found = waiting(
        review=[{"claim_id": "one", "reason": "0.71 and 0.70", "candidates": ["f", "g"], "scores": [0.71, 0.7]}],
        links=[
            {"claim_id": "two", "flags": ["outside 1 to 10"]},
            {"claim_id": "one", "flags": None},
            {"claim_id": "four", "flags": ["outside 1 to 10"]},
        ],
        relations=[
            {"claim_id": "three", "relation": "part_of", "check": "impossible", "reason": "9 exceeds 5"},
            {"claim_id": "one", "relation": "part_of", "check": "ok", "reason": "1 is within 5"},
        ],
        outcomes=[
            {"correction_id": "a", "action": "edit", "outcome": "not_found", "detail": "no claim", "claim_ids": []},
            {"correction_id": "b", "action": "edit", "outcome": "applied", "detail": "", "claim_ids": ["one"]},
            {"correction_id": "c", "action": "confirm", "outcome": "applied", "detail": "", "claim_ids": ["four"]},
        ],
    )  # fmt: skip
    assert found == [
        Waiting("which figure", "one", "0.71 and 0.70", (("f", 0.71), ("g", 0.7))),
        Waiting("flag", "two", "outside 1 to 10"),
        Waiting("part_of", "three", "9 exceeds 5"),
        Waiting("correction a", "", "not_found: no claim"),
    ]


TRACKER = """
[[tracker]]
id = "ferry-passengers"
label = "Passengers of the ferry"
kind = "count"
what = ["passenger"]
plausible = [1, 100]
"""


def test_a_flag_waits_until_its_proposed_entry_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    (root / "trackers.toml").write_text(TRACKER, encoding="utf-8")
    assert refresh(root).success
    monkeypatch.chdir(root)
    monkeypatch.delenv("FIGURES_DATA", raising=False)

    def told(*options: str) -> str:
        result = CliRunner().invoke(app, ["review", *options], env=dict(os.environ))
        assert result.exit_code == 0, result.stderr
        return result.stdout

    assert "310 is outside the plausible range 1 to 100 of ferry-passengers" in told()
    proposed = told("--toml")
    (root / "corrections.toml").write_text(proposed.replace('""', '"Ada Example"'), encoding="utf-8")
    assert refresh(root).success
    assert told() == "nothing waits for a decision\n"


def test_a_close_call_is_shown_with_the_figures_that_it_may_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    assert refresh(root).success
    store = store_of(root)
    figures = store.read("figures").to_pylist()
    near = {
        "claim_id": figures[0]["current_claim_id"],
        "figure_id": figures[0]["figure_id"],
        "reason": "close",
    }
    candidates = {"candidates": [figures[1]["figure_id"]], "scores": [0.71]}
    store.append("review", REVIEW.from_rows([near | candidates]))
    show_waiting(store, form="table", as_toml=False, today=date(2024, 5, 4))
    told = capsys.readouterr().out
    assert f"0.71 {figures[1]['figure_id']}  {figures[1]['label']}: " in told
    show_waiting(store, form="json", as_toml=False, today=date(2024, 5, 4))
    (row,) = json.loads(capsys.readouterr().out)
    assert row["candidates"] == candidates["candidates"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("review") / "p", ferry=FERRY, later=FERRY_LATER)
    (root / "corrections.toml").write_text(STALE, encoding="utf-8")
    assert refresh(root).success
    return root


def test_a_correction_whose_guard_no_longer_holds_waits_for_review(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.delenv("FIGURES_DATA", raising=False)
    result = CliRunner().invoke(app, ["review", "--json"], env=dict(os.environ))
    assert result.exit_code == 0, result.stderr
    (row,) = json.loads(result.stdout)
    assert row["waits"] == "correction crew-counted-too"
    assert row["reason"].startswith("guard_failed")
    assert row["exact"] == "310"


def test_what_was_known_on_a_day(project: Path) -> None:
    def dead(day: date) -> list[tuple[float, str]]:
        rows = pipeline.figures_as_of(day, data=project / "data").to_pylist()
        return [(row["value"], row["status"]) for row in rows if row["entity_head"] == "people"]

    assert dead(date(2024, 5, 1)) == []
    assert dead(date(2024, 5, 2)) == [(12.0, "stable")]
    assert dead(date(2024, 5, 9)) == [(15.0, "updated")]
