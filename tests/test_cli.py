"""The command `figures`: what people see, what programs read, and what it says of mistakes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from projects import FERRY, FERRY_LATER, HARBOUR, ROOT, make_project
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import UnknownFigureError
from pipeline.terminal import browse

# A clear screen, a title, a colour, a right-to-left override, a zero-width space, a C1 control.
ATTACK = "\x1b[2J\x1b]0;owned\x07\x1b[31m\u202e\u200b\x9b31m"
HOSTILE = f"""Bridge {ATTACK} closed
4 June 2024

The {ATTACK}bridge cost $31 million, said the =HYPERLINK("x") mayor.
"""
ARTICLES = {"ferry": FERRY, "later": FERRY_LATER, "harbour": HARBOUR, "hostile": HOSTILE}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIGURES_DATA", "FIGURES_BASE_CURRENCY", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A project, and what its first `figures run` said."""
    root = make_project(tmp_path_factory.mktemp("cli") / "p", **ARTICLES)
    return root, figures(root, "run")


@pytest.fixture
def project(refreshed: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(refreshed[0])
    return refreshed[0]


def figures(folder: Path, *arguments: str) -> Result:
    """The command in a folder, with its streams apart."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(app, list(arguments))
    finally:
        os.chdir(here)


def rows(root: Path, *arguments: str) -> list[dict[str, Any]]:
    result = figures(root, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert isinstance(found, list)
    return found


def control_characters(text: str) -> list[str]:
    return sorted({c for c in text if not c.isprintable() and c != "\n"})


# Running


def test_a_run_says_what_was_read_and_where_the_release_is(refreshed: tuple[Path, Result]) -> None:
    root, result = refreshed
    assert result.exit_code == 0, result.stderr
    assert "4 new of 4 documents read, 0 could not be read" in result.stdout
    assert "Published release" in result.stdout
    assert "pd.read_parquet('data/releases/latest/figures.parquet')" in result.stdout
    assert (root / "data/releases/latest/figures.parquet").is_file()
    assert "figures figures  " in result.stdout
    assert result.stderr == ""
    assert control_characters(result.stdout) == []


def test_another_data_folder_is_named_in_what_to_do_next(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    result = figures(root, "run", "--data", "my data")
    assert "figures history --data 'my data' ID" in result.stdout


def test_a_run_is_in_the_history_that_the_ui_shows(refreshed: tuple[Path, Result]) -> None:
    import dagster as dg

    root, _ = refreshed
    here = Path.cwd()
    os.chdir(root)
    try:
        with dg.DagsterInstance.from_config(str(root)) as history:
            runs = history.get_runs()
            assert [(run.job_name, run.status) for run in runs] == [("refresh", dg.DagsterRunStatus.SUCCESS)]
            assert history.get_latest_materialization_event(dg.AssetKey("release")) is not None
    finally:
        os.chdir(here)


def test_a_run_of_the_same_says_that_nothing_changed_and_bad_files_are_told(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    (root / "articles" / "empty.txt").write_bytes(b"")
    first = figures(root, "run", "--json")
    assert first.exit_code == 0, "a bad document in a folder is no failure of the run"
    told = json.loads(first.stdout)
    assert told["published_now"] is True
    assert [failure["uri"] for failure in told["unreadable"]] == ["articles/empty.txt"]

    again = figures(root, "run", str(root / "articles" / "empty.txt"))
    assert again.exit_code == 1, "a file that was asked for by name could not be read"
    assert "not read: articles/empty.txt: it is empty" in again.stdout
    assert "Nothing changed: release" in again.stdout
    assert [len(row["failures"]) for row in rows(root, "sources")] == [1, 1], "by the source and by hand"


def test_many_bad_documents_are_counted_and_the_first_are_told(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    for number in range(30):
        (root / "articles" / f"{number:02}-{'long' * 40}.txt").write_bytes(b"")
    result = figures(root, "run")
    assert result.exit_code == 0
    assert "30 could not be read" in result.stdout
    told = [line for line in result.stdout.splitlines() if line.startswith("  not read: ")]
    assert len(told) == 20
    assert all(line.endswith("it is empty") for line in told)
    assert "and 10 more" in result.stdout


def test_an_interrupt_is_told_in_a_sentence_and_loses_nothing(
    command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    root = make_project(tmp_path / "p", **{f"n{n:03}": FERRY.replace("12", str(n + 13)) for n in range(60)})
    process = subprocess.Popen(
        [*command, "run"], cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while (
        not (root / "data/tables/documents/_delta_log/00000000000000000000.json").is_file()
        and process.poll() is None
    ):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told == "figures: read: interrupted; nothing is lost, and the next run goes on from here\n"
    assert figures(root, "run").exit_code == 0
    assert len(rows(root, "claims")) >= 60


def test_a_run_that_fails_says_why_in_a_sentence(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    (root / "trackers.toml").write_text("[[tracker]]\nid = 3\n", encoding="utf-8")
    result = figures(root, "run")
    assert result.exit_code == 1
    assert result.stderr.startswith("figures: link: ")
    assert "trackers.toml" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Nothing was published" in result.stdout


def test_a_data_folder_that_cannot_be_used_is_tried_again_and_then_told(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    (root / "data").mkdir()
    (root / "data" / "tables").write_text("in the way", encoding="utf-8")
    result = figures(root, "run")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"figures: read: {root / 'data' / 'tables'}: cannot create")
    assert len(result.stderr.splitlines()) == 1
    (root / "data" / "tables").unlink()
    assert figures(root, "run").exit_code == 0, "the lock was not let go"


def test_the_data_folder_is_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    monkeypatch.setenv("FIGURES_DATA", str(tmp_path / "by-environment"))
    assert figures(root, "run", "--data", "by-option").exit_code == 0
    assert (root / "by-option/releases/latest/figures.parquet").is_file()
    assert not (tmp_path / "by-environment").exists()
    assert not (root / "data").exists()
    assert figures(root, "figures").exit_code == 2
    assert rows(root / "articles", "figures", "--data", "../by-option")


# Reading


def test_claims_can_be_narrowed(project: Path) -> None:
    everything = rows(project, "claims")
    assert {row["exact"] for row in everything} >= {"12", "$45 million", "€120m", "$31 million"}
    money = rows(project, "claims", "--kind", "money")
    assert {row["exact"] for row in money} == {"$45 million", "€120m", "$31 million"}
    assert {row["uri"] for row in rows(project, "claims", "--document", "harbour")} == {
        "articles/harbour.txt"
    }
    assert len(rows(project, "claims", "--limit", "2")) == 2
    assert {row["entity"] for row in rows(project, "claims", "--entity", "BERTH")} == {"berths"}


def test_json_has_every_column_of_the_release(project: Path) -> None:
    released = pd.read_parquet(project / "data/releases/latest/claims.parquet")
    found = rows(project, "claims")
    assert set(found[0]) == {*released.columns, "uri"}
    assert len(found) == len(released)


def test_csv_is_what_a_spreadsheet_can_open(project: Path) -> None:
    result = figures(project, "claims", "--csv")
    found = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(found) == len(rows(project, "claims"))
    assert {row["exact"] for row in found} >= {"12", "$45 million"}
    for row in found:
        assert not any(value.startswith(("=", "@")) for value in row.values())


def test_figures_are_listed_and_can_be_narrowed(project: Path) -> None:
    listed = rows(project, "figures")
    assert [row["mentions"] for row in listed] == sorted((row["mentions"] for row in listed), reverse=True)
    assert rows(project, "figures", "--status", "stable")
    assert {row["status"] for row in rows(project, "figures", "--status", "stable")} == {"stable"}
    table = figures(project, "figures").stdout
    assert table.splitlines()[0].split() == [
        "figure",
        "what",
        "value",
        "status",
        "mentions",
        "last",
        "reported",
        "by",
    ]
    assert len(table.splitlines()) == len(listed) + 1


def test_as_of_a_day_later_news_is_not_known(project: Path) -> None:
    before = {row["figure_id"]: row for row in rows(project, "figures", "--as-of", "2024-05-03")}
    now = {row["figure_id"]: row for row in rows(project, "figures")}
    assert before.keys() < now.keys()
    assert {row["last_published"] for row in before.values()} == {"2024-05-02"}
    for figure_id, row in before.items():
        if now[figure_id]["last_published"] == "2024-05-02":
            assert {k: row[k] for k in ("value", "low", "high", "status")} == {
                k: now[figure_id][k] for k in ("value", "low", "high", "status")
            }


def test_as_of_the_last_day_is_what_is_current(project: Path) -> None:
    last = {row["figure_id"]: row for row in rows(project, "figures", "--as-of", "2030-01-01")}
    for row in rows(project, "figures"):
        assert {k: last[row["figure_id"]][k] for k in COMPARED} == {k: row[k] for k in COMPARED}


COMPARED = ("value", "low", "high", "modifier", "status", "current_claim_id", "mentions", "documents")


def test_a_history_quotes_its_sources(project: Path) -> None:
    figure = next(row for row in rows(project, "figures", "--entity", "people") if row["mentions"] >= 1)
    by_id = rows(project, "history", figure["figure_id"][:10])
    assert len(by_id) == 1
    assert by_id[0]["figure_id"] == figure["figure_id"]
    for step in by_id[0]["revisions"]:
        text = (project / step["uri"]).read_text(encoding="utf-8")
        assert " ".join(step["sentence"].split()) in " ".join(text.split())
        assert step["exact"] in step["sentence"]
    shown = figures(project, "history", figure["figure_id"]).stdout
    assert figure["label"] in shown
    assert "“" in shown
    assert "articles/" in shown


def test_a_history_by_words(project: Path) -> None:
    listed = rows(project, "figures")
    labels = [row["label"].lower() for row in listed]
    wanted = next(row for row in listed if labels.count(row["label"].lower()) == 1)
    found = rows(project, "history", wanted["label"].upper())
    assert [row["figure_id"] for row in found] == [wanted["figure_id"]]


def test_explain_shows_the_steps(project: Path) -> None:
    result = figures(project, "explain", "At least 314 children were taken.", "--published", "2024-12-04")
    assert result.exit_code == 0
    assert "314" in result.stdout
    found = json.loads(figures(project, "explain", "At least 314 children were taken.", "--json").stdout)
    assert (found[0]["value"], found[0]["modifier"], found[0]["exact"]) == (314, "at_least", "314")
    assert "no figure" in figures(project, "explain", "It rained.").stdout


def test_explain_reads_the_standard_input() -> None:
    result = CliRunner().invoke(app, ["explain", "-"], input="The bridge cost $31 million.")
    assert result.exit_code == 0
    assert "31000000" in result.stdout.replace(",", "")


def test_track_proposes_an_entry(project: Path) -> None:
    result = figures(project, "track", "Some 4,200 homes were flooded.")
    assert result.exit_code == 0
    assert result.stdout.startswith("[[tracker]]\n")


def test_versions_tell_releases_and_tables(project: Path) -> None:
    found = rows(project, "versions")
    assert found[0]["what"] == "release"
    assert {row["what"] for row in found} >= {"release", "documents", "claims", "figures"}
    assert figures(project, "versions").exit_code == 0


def test_sources_tell_what_was_read(project: Path) -> None:
    found = rows(project, "sources")
    assert [(row["source"], row["documents"], row["failures"]) for row in found] == [("articles", 4, [])]
    assert "articles" in figures(project, "sources").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["claims"],
        ["figures"],
        ["history", "HOSTILE"],
        ["sources"],
        ["versions"],
        ["claims", "--csv"],
        ["claims", "--json"],
    ],
    ids=" ".join,
)
def test_words_of_strangers_cannot_command_the_terminal(project: Path, arguments: list[str]) -> None:
    hostile = next(
        row["figure_id"] for row in rows(project, "figures") if row["first_published"] == "2024-06-04"
    )
    result = figures(project, *(hostile if given == "HOSTILE" else given for given in arguments))
    assert result.exit_code == 0, result.stderr
    assert control_characters(result.stdout) == []


def test_json_keeps_what_it_escapes(project: Path) -> None:
    sentences = [row["sentence"] for row in rows(project, "claims", "--document", "hostile")]
    assert any(ATTACK in sentence for sentence in sentences)


# As a person sees it

STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [70, 80, 100, 140])
@pytest.mark.parametrize("command", ["figures", "claims", "sources", "versions"])
def test_no_number_or_word_is_torn_in_a_terminal(
    project: Path,
    command: str,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    app([command], standalone_mode=False)
    shown = STYLE.sub("", capsys.readouterr().out)
    assert max(map(len, shown.splitlines())) <= width
    found = shown.split()
    match command:
        case "figures":
            assert {"figure", "what", "value", "status", "45,000,000", "updated"} <= set(found)
        case "claims":
            assert {"published", "quantity", "million", "passengers"} <= set(found)
        case "sources":
            assert {"source", "documents", "failed", "articles"} <= set(found)
        case _:
            assert {"what", "version", "made", "normalised_claims"} <= set(found)
    assert ("a wider terminal also shows" in " ".join(found)) == (width < 100)


def test_where_there_is_nothing_no_empty_table_is_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    app(["figures", "--as-of", "1999-01-01"], standalone_mode=False)
    shown = " ".join(STYLE.sub("", capsys.readouterr().out).split())
    assert shown.endswith("as the news stood on 1999-01-01; the first are of 2024-05-02")
    assert shown.startswith("0 figures in release")


def test_an_exact_label_is_preferred_then_the_most_mentioned_and_the_others_are_named() -> None:
    table = pa.table(
        {
            "figure_id": ["fig_aaaaaaaa", "fig_bbbbbbbb", "fig_cccccccc", "fig_dddddddd"],
            "label": ["children", "Ukrainian children", "ships", "Ukrainian children"],
            "tracker": pa.nulls(4, pa.string()),
            "entity": pa.nulls(4, pa.string()),
            "place": pa.nulls(4, pa.string()),
            "mentions": [1, 7, 2, 2],
        }
    )
    found = browse.find_figures(table, "children")
    assert [row["label"] for row in found] == ["children"]
    assert browse.others(table, "children", found) == (
        "fig_bbbbbbbb Ukrainian children; fig_dddddddd Ukrainian children"
    )
    assert [row["figure_id"] for row in browse.find_figures(table, "ukrainian")] == ["fig_bbbbbbbb"]
    with pytest.raises(UnknownFigureError, match="2 figures match 'h'"):
        browse.find_figures(table.slice(2), "h")
    assert browse.others(table, "fig_aaaaaaaa", found) == ""
    said = {"fig_cccccccc": "Nine ships lay in the harbour."}
    assert [row["label"] for row in browse.find_figures(table, "harbour", said)] == ["ships"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("run", "what sources.toml lists"),
        ("history", "an id or its beginning, a tracker, or words"),
        ("explain", "- reads the standard input"),
        ("track", "that sentence, in quotes"),
    ],
)
def test_help_says_what_an_argument_is(tmp_path: Path, command: str, said: str) -> None:
    assert said in " ".join(figures(tmp_path, command, "--help").stdout.split())


def test_a_vague_count_is_shown_in_its_words() -> None:
    vague = {"kind": "count", "modifier": "vague", "value": None, "low": 100.0, "high": 1000.0, "unit": None}
    assert browse.in_words(vague, "hundreds") == "hundreds (100 to 1,000)"


def test_a_share_in_words_stays_in_words() -> None:
    share = {
        "kind": "share",
        "modifier": "nearly",
        "value": 66.6667,
        "low": None,
        "high": None,
        "unit": "percent",
    }
    assert browse.in_words(share, "two-thirds") == "nearly two-thirds"
    assert browse.in_words(share | {"value": 66.5}, "66.5 %") == "nearly 66.5%"


# Mistakes

MISTAKES: dict[str, tuple[Sequence[str], str]] = {
    "no such figure": (["history", "unicorns"], "no figure has"),
    "several figures": (["history", "passengers"], "2 figures match"),
    "no such path": (["run", "nowhere.txt"], "does not exist"),
    "no such kind": (["claims", "--kind", "apples"], "apples"),
    "no such date": (["figures", "--as-of", "yesterday"], "'yesterday' is not a day such as 2024-12-05"),
    "no such country": (["explain", "$5m", "--country", "Britain"], "must be an ISO 3166 code"),
    "no ISO code": (["explain", "$5m", "--country", "UK"], "is GB, not UK"),
    "no such tracker": (["figures", "--tracker", "unicorns"], "unicorns"),
    "no such release": (["claims", "--release", "1999-01-01.001"], "1999-01-01.001"),
    "two formats": (["claims", "--json", "--csv"], "at once"),
    "no such command": (["fgures"], "fgures"),
    "nothing to track": (["track", "It rained."], "no figure"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence_and_exit_status_2(project: Path, name: str) -> None:
    arguments, said = MISTAKES[name]
    result = figures(project, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("command", [["claims"], ["figures"], ["history", "x"], ["versions"]], ids=" ".join)
def test_without_data_each_command_says_what_to_do(tmp_path: Path, command: list[str]) -> None:
    result = figures(make_project(tmp_path / "p"), *command)
    assert result.exit_code == 2
    assert "run `figures run` first" in result.stderr


def test_settings_with_a_mistake_are_named(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p")
    (root / "sources.toml").write_text('[settings]\nbase_currency = "dollars"\n', encoding="utf-8")
    result = figures(root, "figures")
    assert result.exit_code == 2
    assert "'dollars' is not an ISO 4217 code" in result.stderr


def test_a_history_that_dagster_cannot_keep_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project(tmp_path / "p")
    (root / "dagster.yaml").write_text("storage: [sqlite\n", encoding="utf-8")
    broken = figures(root, "run")
    assert (broken.exit_code, broken.stdout) == (2, "")
    assert broken.stderr.startswith("figures: Dagster can't keep its history")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "nowhere"))
    nowhere = figures(root, "run")
    assert (nowhere.exit_code, nowhere.stdout) == (2, "")
    assert "DAGSTER_HOME" in nowhere.stderr


# As a program


@pytest.fixture
def command() -> list[str]:
    return [sys.executable, "-m", "pipeline.cli"]


@pytest.fixture
def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": ""}


def test_help_waits_for_nothing_heavy(environment: dict[str, str], tmp_path: Path) -> None:
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom pipeline.cli import app\n"
        "assert 'history' in CliRunner().invoke(app, ['--help']).stdout\n"
        "print([name for name in ('dagster', 'deltalake', 'pandas', 'pint', 'pyarrow') if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "[]"


def test_a_reader_that_goes_away_is_no_error(
    command: list[str], environment: dict[str, str], project: Path
) -> None:
    process = subprocess.Popen(
        [*command, "claims", "--json"],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() in (0, 1)


def test_output_into_a_pipe_has_no_control_codes(
    command: list[str], environment: dict[str, str], project: Path
) -> None:
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    shown = subprocess.run(
        [*command, "figures"], cwd=project, env=environment, capture_output=True, check=True
    )
    assert control_characters(shown.stdout.decode()) == []


def test_today_is_a_day_that_can_be_asked_for(project: Path) -> None:
    assert figures(project, "figures", "--as-of", date.today().isoformat()).exit_code == 0
