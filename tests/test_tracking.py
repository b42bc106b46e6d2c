"""Figures kept up with claims in the store: in whatever portions and order claims come, the tables have the same bytes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from made_rows import rows

from pipeline import engine, tracking
from pipeline.claims import extract_batch, extractor_version
from pipeline.corrections import load_corrections
from pipeline.current import Current
from pipeline.errors import StorageError
from pipeline.figures import figures_as_of, link
from pipeline.linking import state
from pipeline.linking.prepared import Prepared
from pipeline.linking.relations import relate
from pipeline.normalise import comparable, normalise_batch
from pipeline.passages import split_batch
from pipeline.rates import Rates
from pipeline.revisions import revise
from pipeline.settings import Settings, load_settings
from pipeline.store import Store
from pipeline.tables import DOCUMENTS
from pipeline.tracking import link_all, relate_all, write_histories

TABLES = ("figures", "figure_claims", "review", "revisions", "claim_relations")
FIRST_DAY = date(2024, 3, 1)
PLACES = ("Orla", "Tarvik", "Menholt")
SENTENCES = (
    "At least {n} people were killed when a ferry caught fire off {place}, the coast guard said.",
    "The number of people killed in the ferry fire off {place} has risen to {n}.",
    "{place} will spend €{n}m (${n}.5m) on a harbour with {k} berths, the mayor said.",
    "The harbour of {place} will cost €{n}m, the mayor said on Monday.",
    "The storm damaged {n} houses in {place}, including {k} in the old town.",
    "Of {n} schools in {place}, {k} were closed.",
    "Fishermen in {place} caught {n} tonnes of herring, {k}% more than a year before.",
)


def sentences(chance: random.Random, count: int) -> list[str]:
    said = (
        chance.choice(SENTENCES).format(
            n=chance.randint(20, 26), k=chance.randint(3, 9), place=chance.choice(PLACES)
        )
        for _ in range(count)
    )
    return list(dict.fromkeys(said))


def document(uri: str, day: date, fetched: datetime, paragraphs: Sequence[str]) -> dict[str, object]:
    text = "\n\n".join(paragraphs) + "\n"
    content = hashlib.sha256(f"{uri}{text}".encode()).hexdigest()
    return {
        "document_id": content[:16],
        "uri": uri,
        "sha256": content,
        "published": day,
        "fetched_at": fetched,
        "media_type": "text/plain",
        "text": text,
    }


def pages(chance: random.Random, count: int) -> list[list[dict[str, object]]]:
    """Pages, each with the snapshots that were read of it: paragraphs go, come and change."""
    found = []
    for number in range(count):
        paragraphs = sentences(chance, chance.randint(1, 4))
        day = FIRST_DAY + timedelta(days=chance.randint(0, 9))
        snapshots = []
        for again in range(chance.choice((1, 1, 1, 2, 3))):
            fetched = datetime(2024, 4, 1, tzinfo=UTC) + timedelta(days=again, minutes=number)
            snapshots.append(document(f"page-{number}.txt", day, fetched, paragraphs))
            paragraphs = [p for p in paragraphs if chance.random() < 0.7] + sentences(chance, 1)
            day += timedelta(days=chance.randint(0, 2))
        found.append(list({str(s["document_id"]): s for s in snapshots}.values()))
    return found


def portions(
    chance: random.Random, made: Sequence[Sequence[dict[str, object]]]
) -> list[list[dict[str, object]]]:
    """The documents in some refreshes: a page's snapshots in their order, the pages in any."""
    left = [list(snapshots) for snapshots in made]
    order = []
    while any(left):
        order.append(chance.choice([snapshots for snapshots in left if snapshots]).pop(0))
    cuts = sorted(chance.sample(range(1, len(order)), min(3, len(order) - 1)))
    return [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


class World:
    """A project whose store is refreshed without Dagster."""

    def __init__(self, root: Path, corrections: str = "", trackers: str = "") -> None:
        root.mkdir()
        (root / "sources.toml").write_text("", encoding="utf-8")
        (root / "corrections.toml").write_text(corrections, encoding="utf-8")
        (root / "trackers.toml").write_text(trackers, encoding="utf-8")
        self.root = root
        self.settings: Settings = load_settings(root, {}, data=str(root / "data"))
        self.store = Store(self.settings.data)
        self.store.create()

    def read(self, documents: Sequence[dict[str, object]]) -> None:
        """Everything up to normalised_claims."""
        self.store.append("documents", rows(DOCUMENTS, *documents))
        for batch in self.store.pending("documents", "passages", on=["document_id"]).batches(rows=100):
            self.store.append("passages", split_batch(batch))
        fetched = {d["document_id"]: d["fetched_at"] for d in self.store.read("documents").to_pylist()}
        seen = set(self.store.read("claims", columns=["passage_id"]).column(0).to_pylist())
        new = [p for p in self.store.read("passages").to_pylist() if p["passage_id"] not in seen]
        first: dict[str, dict[str, object]] = {}
        for passage in sorted(new, key=lambda p: (fetched[p["document_id"]], p["document_id"])):
            first.setdefault(passage["passage_id"], passage)
        schema = self.store.read("passages").schema
        claims = extract_batch(pa.Table.from_pylist(list(first.values()), schema=schema))
        self.store.append("claims", claims)
        rates = Rates.load(self.settings.rates)
        self.store.append(
            "normalised_claims", normalise_batch(claims, rates=rates, base=self.settings.base_currency)
        )

    def refresh(self, documents: Sequence[dict[str, object]] = ()) -> None:
        """All stages."""
        if documents:
            self.read(documents)
        link_all(self.store, self.settings, commit={})
        write_histories(self.store, self.settings, commit={})
        relate_all(self.store, self.settings, commit={})

    def content(self) -> dict[str, str]:
        """A hash of each table, without what tells runs apart."""
        return {name: hashed(self.store, name) for name in TABLES}

    def claims(self) -> pa.Table:
        return comparable(self.store.read("claims"), self.store.read("normalised_claims"))


def hashed(store: Store, name: str) -> str:
    found = store.read(name)
    facts = [c for c in found.column_names if c != "former_ids"]
    return hashlib.sha256(repr(found.select(facts).to_pylist()).encode()).hexdigest()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds on memory so low that a few documents are too many."""
    for module, name, value in (
        (state, "KEYS_HELD", 40),
        (state, "OUTLINES_HELD", 3),
        (state, "FIGURES_HELD", 3),
        (state, "IDENTITIES_HELD", 3),
        (state, "TOPICS_HELD", 3),
        (state, "CLAIMS_HELD", 5),
        (state, "SOME", 3),
        (tracking, "CLAIMS_AT_ONCE", 9),
        (tracking, "PLACED_AT_ONCE", 4),
        (tracking, "ROWS_IN_PART", 11),
        (tracking, "FIGURES_AT_ONCE", 7),
        (tracking, "SAMPLED", 2),
    ):
        monkeypatch.setattr(module, name, value)


CORRECTIONS = """
[[correction]]
id = "other-unit"
action = "edit"
who = "Ada Example"
when = 2024-05-04
why = "The harbour's own table"
claims = [{ exact = "24", quote = "The storm damaged 24 houses in Orla" }]
expects = { kind = "count" }
set = { entity = "boats", entity_head = "boat", published = 2024-03-02 }

[[correction]]
id = "none"
action = "reject"
who = "Ada Example"
when = 2024-05-04
why = "It was a joke"
claims = [{ exact = "25", quote = "Of 25 schools in Menholt" }]
expects = { kind = "count" }
"""


@hypothesis_settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10_000),
    to_rewind=st.sampled_from([0, 15, 1000]),
    amended=st.sampled_from([0, 1000]),
    corrections=st.sampled_from(["", CORRECTIONS]),
)
def test_portions_and_their_order_make_no_difference(
    seed: int, to_rewind: int, amended: int, corrections: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "FEWEST_TO_REWIND", to_rewind)
        patch.setattr(tracking, "MOST_AMENDED", amended)
        chance = random.Random(seed)
        made = pages(chance, 9)
        folder = tmp_path_factory.mktemp("world")
        by_and_by = World(folder / "by-and-by", corrections)
        for documents in portions(chance, made):
            by_and_by.refresh(documents)
        at_once = World(folder / "at-once", corrections)
        at_once.refresh([document for snapshots in made for document in snapshots])
        assert at_once.store.count("claims") == by_and_by.store.count("claims") > 10
        assert by_and_by.content() == at_once.content()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_store_has_what_linking_in_memory_gives(seed: int, tmp_path: Path) -> None:
    made = pages(random.Random(seed), 12)
    world = World(tmp_path / "world")
    for documents in portions(random.Random(seed), made):
        world.refresh(documents)
    claims = world.claims()
    documents, passages = world.store.read("documents"), world.store.read("passages")
    linked = link(claims, documents=documents, passages=passages)
    revised = revise(linked.figures, linked.figure_claims, claims, documents=documents, passages=passages)
    for name, expected in (
        ("figures", linked.figures),
        ("figure_claims", linked.figure_claims),
        ("review", linked.review),
        ("revisions", revised),
        ("claim_relations", relate(claims, Rates.load(world.settings.rates))),
    ):
        found = world.store.read(name)
        facts = [c for c in found.column_names if c != "former_ids"]
        assert found.select(facts).to_pylist() == expected.select(facts).to_pylist(), name


def test_worker_processes_prepare_claims_as_this_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FEWEST_BATCHES", 2)
    made = [document for snapshots in pages(random.Random(3), 8) for document in snapshots]
    here, there = World(tmp_path / "here"), World(tmp_path / "there")
    here.refresh(made)
    there.read(made)
    with engine.Processes(2) as workers:
        link_all(there.store, there.settings, commit={}, engine=workers)
        assert workers._pool is not None
    there.refresh()
    assert there.content() == here.content()


def test_in_the_order_of_their_dates_each_day_is_what_was_known_then(tmp_path: Path) -> None:
    # Pages are read on the day of their newest paragraph, as those of a newspaper are.
    made = sorted(
        (d for snapshots in pages(random.Random(3), 12) for d in snapshots[:1]),
        key=lambda d: str(d["published"]),
    )
    world = World(tmp_path / "world")
    each_day: dict[date, str] = {}
    for document in made:
        world.refresh([document])
        each_day[document["published"]] = hashed(world.store, "figures")  # type: ignore[index]
    tables = {name: world.store.read(name) for name in ("documents", "passages")}
    for day, expected in each_day.items():
        found = figures_as_of(day, world.claims(), **tables).figures
        facts = [c for c in found.column_names if c != "former_ids"]
        assert hashlib.sha256(repr(found.select(facts).to_pylist()).encode()).hexdigest() == expected


def later(count: int, number: int = 500) -> list[dict[str, object]]:
    day = FIRST_DAY + timedelta(days=30)
    fetched = datetime(2024, 4, 20, tzinfo=UTC)
    said = sentences(random.Random(number), count)
    return [document(f"later-{number}-{n}.txt", day, fetched, [s]) for n, s in enumerate(said)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "world")
    made.refresh([d for snapshots in pages(random.Random(5), 10) for d in snapshots])
    return made


def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by the number of claims whenever some are placed."""
    placed: list[int] = []
    prepare = tracking.prepare_batch

    def counting(claims: pa.Table) -> list[Prepared]:
        placed.append(claims.num_rows)
        return prepare(claims)

    monkeypatch.setattr(tracking, "prepare_batch", counting)
    return placed


def test_only_new_claims_are_placed_and_only_what_they_change_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = counted(world, monkeypatch)
    before = {name: world.store.version(name) for name in TABLES}
    world.refresh()
    assert placed == []
    assert {name: world.store.version(name) for name in TABLES} == before
    known = world.store.count("claims")
    world.refresh(later(3))
    assert sum(placed) == world.store.count("claims") - known > 0
    written = world.store.versions("figure_claims")[-1]
    assert written.metadata == {}
    assert world.store.version("figures") == before["figures"] + 1


def test_a_change_of_trackers_places_nothing_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    placed = counted(world, monkeypatch)
    (world.root / "trackers.toml").write_text(
        '[[tracker]]\nid = "berths"\nlabel = "Berths"\nkind = "count"\nwhat = ["berth"]\n', encoding="utf-8"
    )
    world.refresh()
    assert placed == []
    assert "berths" in world.store.read("figures").column("tracker").to_pylist()


def test_without_its_state_or_with_a_damaged_one_linking_comes_to_the_same(world: World) -> None:
    state_file = world.root / "data/tables" / tracking.STATE
    world.refresh(later(2))
    before = world.content()
    assert state_file.stat().st_size > 0
    state_file.unlink()
    forget(world)
    world.refresh()
    assert world.content() == before
    state_file.write_bytes(b"not a database" * 500)
    forget(world)
    with pytest.raises(StorageError, match="made anew"):
        world.refresh()
    world.refresh()
    assert world.content() == before


def forget(world: World) -> None:
    (world.root / "data/tables/.made.json").unlink()


def test_rows_that_somebody_else_changed_are_put_right(world: World) -> None:
    before = world.content()
    figures = world.store.read("figures")
    label = pa.array(["changed"] * figures.num_rows)
    world.store.replace(
        "figures", figures.set_column(figures.schema.get_field_index("label"), "label", label)
    )
    world.store.replace("revisions", world.store.read("revisions").slice(1))
    assert world.content() != before
    world.refresh()
    assert world.content() == before


@pytest.mark.parametrize("commits", range(1, 6))
def test_stopped_after_any_commit_the_next_run_comes_to_the_same(
    world: World, commits: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at_once = World(tmp_path / "at-once")
    at_once.refresh([d for snapshots in pages(random.Random(5), 10) for d in snapshots] + later(6))

    class Stopped(Exception):
        pass

    left = [commits]
    commit = Store._commit

    def stopping(store: Store, table: str, *given: object) -> int | None:
        found = commit(store, table, *given)  # type: ignore[arg-type]
        left[0] -= 1
        if not left[0]:
            raise Stopped
        return found

    world.read(later(6))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_commit", stopping)
        with pytest.raises(Stopped):
            world.refresh()
    world.refresh()
    assert world.content() == at_once.content()


def test_maintenance_places_nothing_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        world.read(later(1, number))
    world.refresh()
    placed = counted(world, monkeypatch)
    before = world.content()
    assert any(world.store.compact(name) is not None for name in ("claims", "passages"))
    world.refresh()
    assert placed == []
    known = world.store.count("claims")
    world.refresh(later(2, 77))
    assert 0 < sum(placed) < known
    (world.root / "data/tables" / tracking.STATE).unlink()
    forget(world)
    after = world.content()
    world.refresh()
    assert world.content() == after != before


def test_corrections_are_the_only_claims_that_are_unpacked(tmp_path: Path) -> None:
    world = World(tmp_path / "world", CORRECTIONS)
    said = [
        "The storm damaged 24 houses in Orla, including 5 in the old town.",
        "Of 25 schools in Menholt, 4 were closed.",
    ]
    world.refresh(
        [document(f"{n}.txt", FIRST_DAY, datetime(2024, 4, 1, tzinfo=UTC), [s]) for n, s in enumerate(said)]
    )
    current = Current.of(world.store, world.settings)
    assert current.outcomes.column("outcome").to_pylist() == ["applied", "applied"]
    assert sorted(row is None for row in current.changed.values()) == [False, True]
    assert world.store.count("figure_claims") == world.store.count("claims") - 1
    assert "boat" in world.store.read("figures").column("entity_head").to_pylist()
    assert load_corrections(world.settings.corrections)


def test_claims_of_an_older_extractor_are_not_current(world: World) -> None:
    before = world.content()
    old = world.store.read("claims").slice(0, 3)
    versions = pa.array(["older"] * 3)
    old = old.set_column(old.schema.get_field_index("extractor_version"), "extractor_version", versions)
    ids = pc.binary_join_element_wise(old.column("claim_id"), "old", "-")
    world.store.append("claims", old.set_column(0, old.schema.field(0), ids))
    world.refresh()
    assert world.content() == before
    assert extractor_version() != "older"
