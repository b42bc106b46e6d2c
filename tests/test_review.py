"""What waits for a person, and what was known on a day."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
from projects import FERRY, FERRY_LATER, make_project, refresh
from typer.testing import CliRunner

import pipeline
from pipeline.cli import app
from pipeline.terminal.browse import waiting

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


def test_everything_that_waits_is_listed_with_its_words() -> None:
    claims = {name: {"exact": name, "sentence": f"It was {name}."} for name in ("one", "two", "three")}
    rows = waiting(
        claims,
        review=[{"claim_id": "one", "reason": "0.71 and 0.70"}],
        links=[{"claim_id": "two", "flags": ["outside 1 to 10"]}, {"claim_id": "one", "flags": None}],
        relations=[
            {"claim_id": "three", "relation": "part_of", "check": "impossible", "reason": "9 exceeds 5"},
            {"claim_id": "one", "relation": "part_of", "check": "ok", "reason": "1 is within 5"},
        ],
        outcomes=[
            {"correction_id": "a", "outcome": "not_found", "detail": "no claim", "claim_ids": []},
            {"correction_id": "b", "outcome": "applied", "detail": "as expected", "claim_ids": ["one"]},
        ],
    )
    assert [(row["waits"], row["exact"], row["reason"]) for row in rows] == [
        ("which figure", "one", "0.71 and 0.70"),
        ("flag", "two", "outside 1 to 10"),
        ("part_of", "three", "9 exceeds 5"),
        ("correction a", "", "not_found: no claim"),
    ]


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
