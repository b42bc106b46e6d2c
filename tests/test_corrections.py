"""corrections.toml: decisions by hand that stick, and that fail visibly when the source no longer says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.corrections import Corrected, apply, confirmed, failed, load_corrections, propose
from pipeline.errors import ConfigurationError
from pipeline.figures import link
from pipeline.tables import CORRECTION_OUTCOMES, NORMALISED_CLAIMS
from tests.said import Row, claims, said, snapshots

ROOT = Path(__file__).parent.parent
FERRY = said("At least 12 people died off Tarvik.", "12", 12, "people", source="the coast guard")
RIVER = said("A boat sank: 12 people died on the Orla river.", "12", 12, "people", document_id="d2")
WRONG = said("Bus 40 passengers complained.", "40", 40, "passengers")

HEAD = """
[[correction]]
id = "{action}-it"
action = "{action}"
who = "Ada Example"
when = 2024-05-04
why = "Read the report"
"""


def run(
    tmp_path: Path, text: str, *rows: Row, documents: pa.Table | None = None, normalise: object = None
) -> Corrected:
    path = tmp_path / "corrections.toml"
    path.write_text(text)
    return apply(
        claims(*rows),
        load_corrections(path),
        documents=documents,
        normalise=normalise,  # type: ignore[arg-type]
    )


def outcomes(corrected: Corrected) -> list[str]:
    assert corrected.outcomes.schema == CORRECTION_OUTCOMES.schema
    return corrected.outcomes.column("outcome").to_pylist()


REJECT = HEAD.format(action="reject") + (
    'claims = [{exact = "40", quote = "Bus 40 passengers"}]\nexpects = {value = 40}\n'
)
EDIT = HEAD.format(action="edit") + (
    'claims = [{exact = "12", quote = "at least 12 people died off Tarvik"}]\n'
    'expects = {value = 12, entity = "people"}\nset = {value = 14, entity = "passengers"}\n'
).replace("at least", "At least")
SPLIT = HEAD.format(action="split") + (
    'claims = [{exact = "12", quote = "12 people died on the Orla"}]\n'
    'from = [{exact = "12", quote = "12 people died off Tarvik"}]\nexpects = {value = 12}\n'
)
MERGE = HEAD.format(action="merge") + (
    'claims = [{exact = "12", quote = "12 people died on the Orla"}, '
    '{exact = "40", quote = "Bus 40 passengers"}]\nexpects = {kind = "count"}\n'
)
CONFIRM = HEAD.format(action="confirm") + (
    'claims = [{exact = "12", quote = "12 people died off Tarvik"}]\nexpects = {source = "the coast guard"}\n'
)


def test_the_shipped_file_is_empty_and_its_example_can_be_read(tmp_path: Path) -> None:
    shipped = ROOT / "corrections.toml"
    assert load_corrections(shipped) == []
    lines = shipped.read_text("utf-8").splitlines()
    first = lines.index("# [[correction]]")
    path = tmp_path / "example.toml"
    path.write_text("\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[first:]), "utf-8")
    assert [c.action for c in load_corrections(path)] == ["edit", "split", "merge"]


def test_reject_leaves_the_claim_out(tmp_path: Path) -> None:
    corrected = run(tmp_path, REJECT, FERRY, WRONG)
    assert corrected.claims.column("claim_id").to_pylist() == [FERRY["claim_id"]]
    assert outcomes(corrected) == ["applied"]


def test_edit_changes_the_meaning_and_keeps_the_words(tmp_path: Path) -> None:
    corrected = run(tmp_path, EDIT, FERRY, RIVER)
    first, second = corrected.claims.to_pylist()
    assert (first["value"], first["entity"], first["exact"]) == (14, "passengers", "12")
    assert second["value"] == 12


def test_edited_claims_are_normalised_anew(tmp_path: Path) -> None:
    def normalise(given: pa.Table) -> pa.Table:
        return NORMALISED_CLAIMS.from_rows(
            [
                {
                    "claim_id": r["claim_id"],
                    "si_value": r["value"],
                    "normalise_status": "ok",
                    "normaliser_version": "2",
                }
                for r in given.to_pylist()
            ]
        )

    first, second = run(tmp_path, EDIT, FERRY, RIVER, normalise=normalise).claims.to_pylist()
    assert (first["si_value"], first["normaliser_version"]) == (14, "2")
    assert (second["si_value"], second["normaliser_version"]) == (None, "1")


def test_confirm_marks_the_claim(tmp_path: Path) -> None:
    corrected = run(tmp_path, CONFIRM, FERRY, RIVER)
    assert corrected.claims.equals(claims(FERRY, RIVER))
    assert confirmed(corrected.outcomes.to_pylist()) == {FERRY["claim_id"]}


@pytest.mark.parametrize(("others", "action"), [((), "confirm"), ((WRONG, RIVER), "merge")])
def test_a_proposal_is_applied_once_it_is_complete(
    tmp_path: Path, others: tuple[Row, ...], action: str
) -> None:
    proposed = propose(FERRY | {"sentence": f'{FERRY["sentence"]}\nA “\\ quote".'}, others, date(2024, 5, 4))
    with pytest.raises(ConfigurationError, match="who must be"):
        run(tmp_path, proposed, FERRY)
    text = propose(FERRY, others, date(2024, 5, 4)).replace('""', '"Ada Example"')
    corrected = run(tmp_path, text, FERRY, *others)
    (outcome,) = corrected.outcomes.to_pylist()
    assert (outcome["action"], outcome["outcome"]) == (action, "applied")
    meant = {FERRY["claim_id"], *(other["claim_id"] for other in others[:1])}
    assert set(outcome["claim_ids"]) == meant


def test_merge_and_split_decide_linking(tmp_path: Path) -> None:
    merged = run(tmp_path, MERGE, RIVER, WRONG)
    assert link(merged.claims, constraints=merged.constraints).figures.num_rows == 1
    copy = said("Off Tarvik 12 people died, it said.", "12", 12, "people", document_id="d3")
    assert link(claims(FERRY, copy)).figures.num_rows == 1
    text = SPLIT.replace("12 people died on the Orla", "Off Tarvik 12 people")
    split = run(tmp_path, text, FERRY, copy)
    assert outcomes(split) == ["applied"]
    assert link(split.claims, constraints=split.constraints).figures.num_rows == 2


def test_it_survives_a_new_extraction(tmp_path: Path) -> None:
    again = FERRY | {"claim_id": "other", "extractor_version": "2", "passage_id": "elsewhere", "start": 900}
    assert outcomes(run(tmp_path, EDIT, again)) == ["applied"]


def test_the_guard_fails_when_the_extractor_reads_it_otherwise(tmp_path: Path) -> None:
    corrected = run(tmp_path, EDIT, FERRY | {"value": 13.0})
    assert outcomes(corrected) == ["guard_failed"]
    (line,) = failed(corrected.outcomes)
    assert "expected value to be 12.0 and found 13.0" in line
    assert corrected.claims.column("value").to_pylist() == [13.0]


def test_the_guard_fails_when_the_source_no_longer_says_so(tmp_path: Path) -> None:
    corrected = run(tmp_path, EDIT, RIVER)
    assert outcomes(corrected) == ["not_found"]
    assert "no longer says so" in failed(corrected.outcomes)[0]


def test_words_that_stand_in_two_sentences_are_not_enough(tmp_path: Path) -> None:
    corrected = run(tmp_path, CONFIRM.replace("12 people died off Tarvik", "12 people died"), FERRY, RIVER)
    assert outcomes(corrected) == ["not_found"]
    assert "2 different sentences" in failed(corrected.outcomes)[0]


def test_a_page_can_be_named(tmp_path: Path) -> None:
    documents, _ = snapshots(("d1", "a.txt", date(2024, 5, 2), []), ("d2", "b.txt", date(2024, 5, 2), []))
    named = CONFIRM.replace('off Tarvik"}', 'off Tarvik", uri = "b.txt"}')
    assert outcomes(run(tmp_path, named, FERRY, documents=documents)) == ["not_found"]
    assert outcomes(run(tmp_path, named.replace("b.txt", "a.txt"), FERRY, documents=documents)) == ["applied"]


def test_a_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(EDIT)
    (tmp_path / "a.toml").write_text(REJECT)
    assert [c.id for c in load_corrections(tmp_path)] == ["reject-it", "edit-it"]
    (tmp_path / "c.toml").write_text(EDIT)
    with pytest.raises(ConfigurationError, match="several corrections have the id edit-it"):
        load_corrections(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[correction]\n", "is not valid TOML"),
        (REJECT.replace('"reject"', '"remove"'), "action 'remove' must be one of"),
        (REJECT.replace('who = "Ada Example"', ""), "who must be a text"),
        (REJECT.replace("when = 2024-05-04", 'when = "May"'), "when must be a date"),
        (REJECT.replace("expects = {value = 40}", ""), "expects must say"),
        (REJECT.replace("{value = 40}", "{size = 40}"), "expects cannot have size"),
        (REJECT.replace("Bus 40", "Bus 41"), "does not hold"),
        (REJECT + "set = {value = 1}\n", "set belongs to edit"),
        (SPLIT.replace("from =", "fram ="), "unknown field fram"),
        (EDIT.replace("set = {value", "set = {claim_id"), "set cannot have claim_id"),
        (MERGE.replace(', {exact = "40", quote = "Bus 40 passengers"}', ""), "merge needs two claims"),
    ],
)
def test_errors_name_the_file_and_the_field(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "corrections.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as raised:
        load_corrections(path)
    assert "corrections.toml" in str(raised.value)
