"""The commands that show what a release holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from pipeline import release
from pipeline.display import number, plain, shortened
from pipeline.errors import ConfigurationError, StorageError, UnknownVersionError
from pipeline.settings import Settings
from pipeline.sources import Source, load_sources
from pipeline.store import Store
from pipeline.tables import PASSAGES, TABLES
from pipeline.terminal import browse
from pipeline.terminal.cli_output import LABEL_WIDTH, Format, Row, Shown, say, show

SHORT_ID = len("fig_") + 8  # of a figure's id; `history` takes the beginning of one
RELEASES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Reader:
    """A release to read from."""

    data: str
    found: release.Release

    @classmethod
    def of(cls, settings: Settings, version: str | None) -> Reader:
        """The latest release of a data folder, or that of a version. UnknownVersionError if there is none."""
        if "://" in settings.data:
            raise StorageError(f"{settings.data}: releases lie in a folder; name one with --data")
        if release.latest(settings.data) is None:
            raise UnknownVersionError(f"there are no data in {settings.data} yet: run `figures run` first")
        versions = [found.version for found in release.releases(settings.data)]
        if version is not None and version not in versions:
            newest = ", ".join(versions[: -RELEASES_NAMED - 1 : -1])
            raise UnknownVersionError(
                f"there is no release {version}; the newest are {newest}, and `figures versions` lists them all"
            )
        return cls(settings.data, release.find(settings.data, version=version))

    def table(self, name: str) -> pa.Table:
        """A table of the release."""
        return release.read(self.data, name, self.found.version)

    @property
    def title(self) -> str:
        """The release, in a line."""
        return f"release {self.found.version}"


def claims(
    reader: Reader, *, kind: str | None, wanted: Mapping[str, str | None], limit: int | None, form: Format
) -> None:
    """`figures claims`."""
    uris = _uris(reader)
    rows = [{"uri": uris[row["document_id"]], **row} for row in reader.table("claims").to_pylist()]
    found = [row for row in browse.pick(rows, **wanted) if kind is None or row["kind"] == kind]
    ordered = sorted(found, key=lambda row: (row["uri"], row["start"], row["claim_id"]))[:limit]
    columns = (
        Shown("published", lambda row: str(row["published"] or ""), whole=True),
        Shown("quantity", lambda row: row["exact"]),
        Shown("value", browse.quantity, right=True),
        Shown("of", lambda row: shortened(row["entity"] or "", LABEL_WIDTH)),
        Shown("said by", lambda row: shortened(row["source"] or "", LABEL_WIDTH), extra=True),
        Shown("document", lambda row: row["uri"]),
    )
    show(ordered, columns, form=form, title=_counted(len(ordered), len(found), "claim", reader.title))


def figures(
    reader: Reader,
    *,
    tracker: str | None,
    status: str | None,
    entity: str | None,
    day: date | None,
    limit: int | None,
    form: Format,
) -> None:
    """`figures figures`."""
    table = reader.table("figures")
    rows = browse.as_of(table, reader.table("revisions"), day) if day else table.to_pylist()
    known = sorted({row["tracker"] for row in rows if row["tracker"]})
    if tracker is not None and tracker not in known:
        raise ConfigurationError(
            f"no figure has the tracker {tracker!r}; there are {', '.join(known) or 'none'} in this release"
        )
    found = [
        row
        for row in browse.pick(rows, entity=entity)
        if (tracker is None or row["tracker"] == tracker) and (status is None or row["status"] == status)
    ]
    ordered = sorted(found, key=lambda row: (-row["mentions"], str(row["label"]), row["figure_id"]))[:limit]
    words = _of_claims(reader, "exact") if form == "table" else {}
    columns = (
        Shown("figure", lambda row: row["figure_id"], whole=True, most=SHORT_ID),
        Shown("what", lambda row: shortened(row["label"], LABEL_WIDTH)),
        Shown("value", lambda row: browse.in_words(row, words[row["current_claim_id"]]), right=True),
        Shown("status", lambda row: row["status"], whole=True),
        *([Shown("tracker", lambda row: row["tracker"] or "", extra=True)] if known else []),
        Shown("mentions", lambda row: number(row["mentions"]), right=True, whole=True, extra=True),
        Shown("last", lambda row: str(row["last_published"] or ""), whole=True, extra=True),
        Shown(
            "reported by", lambda row: shortened("; ".join(row["reported_by"] or []), LABEL_WIDTH), extra=True
        ),
    )
    title = _counted(len(ordered), len(found), "figure", reader.title)
    if day:
        title += f", as the news stood on {day}"
        first = min(
            (row["first_published"] for row in table.to_pylist() if row["first_published"]), default=None
        )
        if not rows and first:
            title += f"; the first are of {first}"
    show(ordered, columns, form=form, title=title)


def history(reader: Reader, asked: str, *, form: Format) -> None:
    """`figures history`."""
    current = reader.table("figures").select(["figure_id", "current_claim_id"]).to_pylist()
    sentences = _of_claims(reader, "sentence")
    said = {row["figure_id"]: sentences[row["current_claim_id"]] for row in current}
    found = browse.find_figures(reader.table("figures"), asked, said)
    tables = [reader.table(name) for name in ("revisions", "claims", "documents")]
    steps = {row["figure_id"]: browse.evidence(row["figure_id"], *tables) for row in found}
    match form:
        case "json":
            whole = [row | {"revisions": steps[row["figure_id"]]} for row in found]
            show(whole, (), form="json")
        case "csv":
            show([step for row in found for step in steps[row["figure_id"]]], (), form="csv")
        case "table":
            words = _of_claims(reader, "exact")
            for row in found:
                _print_history(row, steps[row["figure_id"]], words)
            others = browse.others(reader.table("figures"), asked, found)
            if others:
                say(f"Other figures with these words: {others}")


def _print_history(figure: Row, steps: Sequence[Row], words: Mapping[str, str]) -> None:
    reported = "; ".join(figure["reported_by"] or [])
    current = browse.in_words(figure, words[figure["current_claim_id"]])
    say(f"{plain(figure['label'])}: {plain(current)} ({figure['status']})")
    say(
        f"{figure['figure_id']}, {_counted(figure['mentions'], figure['mentions'], 'mention')} in "
        f"{_counted(figure['documents'], figure['documents'], 'document')}"
        + (f", reported by {plain(reported)}" if reported else "")
        + (f", tracker {figure['tracker']}" if figure["tracker"] else "")
    )
    for step in steps:
        day = step["observed_at"].date().isoformat() if step["observed_at"] else "no date   "
        against = f" {step['compared_with']}" if step["compared_with"] else ""
        value = browse.in_words({**step, "kind": figure["kind"]}, step["exact"])
        stage = f", {step['money_stage']}" if step.get("money_stage") else ""
        say(f"\n{step['revision']:>3}. {day}  {step['relation']}{against}: {plain(value)}{stage}")
        say(f"     {plain(step['reason'])}")
        say(f"     “{plain(' '.join(step['sentence'].split()))}”")
        said = f"{plain(step['source'])}, in " if step["source"] else ""
        say(f"     {said}{plain(step['uri'])}")
    say("")


def explain(text: str, published: date | None, country: str | None, *, as_json: bool) -> None:
    """`figures explain`."""
    from pipeline.claims import extract_claims

    if country is not None and not re.fullmatch("[A-Z]{2}", country):
        raise ConfigurationError(f"--country must be an ISO 3166 code such as GB or US, not {country!r}")
    if country == "UK":
        raise ConfigurationError("--country: the ISO 3166 code of the United Kingdom is GB, not UK")
    found = extract_claims(text, published=published, country=country)
    if as_json:
        show([asdict(claim) for claim in found], (), form="json")
    elif not found:
        say("no figure is claimed here")
    else:
        say("\n\n".join(claim.explain() for claim in found))


def track(text: str, settings: Settings) -> None:
    """`figures track`."""
    from pipeline.claims import extract_batch
    from pipeline.figures import label
    from pipeline.normalise import comparable, normalise_batch
    from pipeline.passages import split_document
    from pipeline.rates import Rates
    from pipeline.trackers import load_trackers, propose

    passages = split_document(text, uri="arguments", document_id="arguments")
    claims = extract_batch(PASSAGES.from_rows([asdict(passage) for passage in passages]))
    rates = Rates.load(settings.rates)
    found = comparable(claims, normalise_batch(claims, rates=rates, base=settings.base_currency)).to_pylist()
    if not found:
        raise ConfigurationError("no figure is claimed in this text, so there is nothing to follow")
    taken = [tracker.id for tracker in load_trackers(settings.trackers)]
    found.sort(key=lambda row: row["start"])
    named = [row for row in found if row["entity"] and row["entity_head"]] or found[:1]
    say("\n".join(propose(row, taken, label(row)) for row in named).rstrip("\n"))


def review(settings: Settings, *, form: Format, as_toml: bool) -> None:
    """`figures review`."""
    from pipeline.terminal.review import show_waiting

    store = Store(settings.data)
    if not _has_tables(store):
        raise UnknownVersionError(f"there are no data in {settings.data} yet: run `figures run` first")
    show_waiting(store, form=form, as_toml=as_toml, today=datetime.now(UTC).date())


def versions(settings: Settings, *, form: Format) -> None:
    """`figures versions`."""
    released = release.releases(settings.data) if "://" not in settings.data else []
    rows: list[dict[str, Any]] = [
        {
            "what": "release",
            "version": found.version,
            "made": found.created,
            "rows": sum(found.rows.values()),
            "by": ", ".join(f"{name} {number}" for name, number in sorted(found.table_versions.items())),
        }
        for found in reversed(released)
    ]
    store = Store(settings.data)
    if not released and not _has_tables(store):
        raise UnknownVersionError(f"there are no data in {settings.data} yet: run `figures run` first")
    for name in TABLES:
        rows += [
            {
                "what": name,
                "version": str(version.version),
                "made": version.committed_at,
                "rows": version.rows,
                "by": ", ".join(f"{key} {value}" for key, value in sorted(version.metadata.items())),
            }
            for version in reversed(store.versions(name))
        ]
    columns = (
        Shown("what", lambda row: row["what"]),
        Shown("version", lambda row: row["version"], right=True, whole=True),
        Shown("made (UTC)", lambda row: row["made"].strftime("%Y-%m-%d %H:%M:%S"), whole=True),
        Shown("rows", lambda row: number(row["rows"]), right=True, whole=True, extra=True),
        Shown("from", lambda row: row["by"], extra=True),
    )
    show(rows, columns, form=form)


def _has_tables(store: Store) -> bool:
    try:
        store.version("documents")
    except StorageError:
        return False
    return True


def sources(settings: Settings, *, form: Format) -> None:
    """`figures sources`."""
    listed = load_sources(settings.sources) if settings.sources.is_file() else []
    store = Store(settings.data)
    documents = failures = fetches = []
    if _has_tables(store):
        wanted = ["source_id", "uri", "fetched_at", "published"]
        documents = store.read("documents", columns=wanted).to_pylist()
        fetches = store.read("fetches").to_pylist()
        failures = browse.open_failures(store.read("failures").to_pylist(), documents)
        failures = _with_fetches(failures, fetches)
    states = [
        _state(source, documents, failures, fetches)
        for source in [*listed, *_unlisted(listed, documents, failures)]
    ]
    if form != "table":
        show(states, (), form=form)
        return
    columns = (
        Shown("source", lambda row: row["source"]),
        Shown("reads", lambda row: _first_of(row["paths"])),
        Shown("documents", lambda row: number(row["documents"]), right=True, whole=True),
        Shown("last new (UTC)", lambda row: _minute(row["last_new"]), whole=True),
        Shown("newest", lambda row: str(row["newest"] or ""), whole=True, extra=True),
        Shown("last asked (UTC)", lambda row: _minute(row["last_asked"]), whole=True, extra=True),
        Shown("failed", lambda row: number(len(row["failures"])), right=True, whole=True),
    )
    show(states, columns, form=form, title="" if states else f"{settings.sources} lists no source")
    for failure in failures:
        say(f"{_minute(failure['failed_at'])}  {plain(failure['source_id'])}: {plain(failure['reason'])}")


def _unlisted(listed: Sequence[Source], documents: Sequence[Row], failures: Sequence[Row]) -> list[Source]:
    """Sources that documents came from and that sources.toml does not list: paths given by hand, removed entries."""
    known = {row["source_id"] for row in [*documents, *failures]} - {source.id for source in listed}
    return [Source(id=name, paths=()) for name in sorted(known)]


def _with_fetches(failures: Sequence[Row], fetches: Sequence[Row]) -> list[Row]:
    """The failures; for addresses on the web, whose last answer is known, those of their source's last refresh.

    What failed is asked again in each refresh as long as it is listed.
    """
    asked = {(row["source_id"], row["uri"]) for row in fetches}
    last: dict[str, datetime] = {}
    for row in fetches:
        last[row["source_id"]] = max(row["asked_at"], last.get(row["source_id"], row["asked_at"]))
    others = [row for row in failures if (row["source_id"], row["uri"]) not in asked]
    standing = [
        {
            "source_id": row["source_id"],
            "uri": row["uri"],
            "reason": _with_address(row["uri"], row["reason"] or ""),
            "failed_at": row["asked_at"],
        }
        for row in fetches
        if row["answer"] == "failed" and row["asked_at"] == last[row["source_id"]]
    ]
    return sorted([*others, *standing], key=lambda row: (row["failed_at"], row["uri"]), reverse=True)


def _with_address(uri: str, reason: str) -> str:
    return reason if uri in reason else f"{uri}: {reason}"


def _state(
    source: Source, documents: Sequence[Row], failures: Sequence[Row], fetches: Sequence[Row]
) -> dict[str, Any]:
    own = [row for row in documents if row["source_id"] == source.id]
    return {
        "source": source.id,
        "paths": list(source.paths),
        "publisher": source.publisher,
        "country": source.country,
        "every": source.every,
        "documents": len(own),
        "last_new": max((row["fetched_at"] for row in own), default=None),
        "newest": max((row["published"] for row in own if row["published"]), default=None),
        "last_asked": max(
            (row["asked_at"] for row in fetches if row["source_id"] == source.id), default=None
        ),
        "failures": [row["reason"] for row in failures if row["source_id"] == source.id],
    }


def _of_claims(reader: Reader, column: str) -> dict[str, str]:
    """A column of every claim, by its id."""
    claims = reader.table("claims")
    return dict(zip(claims["claim_id"].to_pylist(), claims[column].to_pylist(), strict=True))


def _uris(reader: Reader) -> dict[str, str]:
    documents = reader.table("documents")
    return dict(zip(documents["document_id"].to_pylist(), documents["uri"].to_pylist(), strict=True))


def _first_of(paths: Sequence[str]) -> str:
    """The first path or address of a source, and how many more there are."""
    return "".join(paths[:1]) + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")


def _minute(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else ""


def _counted(shown: int, there: int, noun: str, where: str = "") -> str:
    """'1 claim', '3 claims in release 2024-12-05.001', '20 of 83 claims'."""
    count = f"{shown:,}" if shown == there else f"{shown:,} of {there:,}"
    return f"{count} {noun}{'' if there == 1 else 's'}" + (f" in {where}" if where else "")
