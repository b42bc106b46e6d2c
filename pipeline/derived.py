"""What need not be done again: stages, and what is worked out of tables to be shown or warned of.

Beside the tables a record says for each stage what it read (versions of tables, code, files of the user) and which
versions of its own tables that came to. Where both are as they were there is nothing to do. The record is written
last, and a stage without one is done again. A stage that goes row by row has only new rows to look at where its table
is as it left it. What was worked out of tables stays true while they are as they were.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.data_files import Pending
from pipeline.store import Store

MADE = ".made.json"
WORKED_OUT = ".worked-out.json"


def inputs(store: Store, tables: Sequence[str], files: Sequence[Path], *versions: str) -> str:
    """A hash of all that a stage reads: these tables, files or folders of the user, versions, and the code."""
    digest = hashlib.sha256(code().encode())
    for table in tables:
        digest.update(f"{table} {store.content_version(table)}\n".encode())
    for file in files:
        for path in sorted(file.rglob("*")) if file.is_dir() else [file]:
            if path.is_file():
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update("\n".join(versions).encode())
    return digest.hexdigest()


@cache
def code() -> str:
    """A hash of all modules and data of this package."""
    folder, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.toml"), *folder.rglob("*.txt")]):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(store: Store, stage: str, read: str, made: Sequence[str]) -> bool:
    """Whether a stage made its tables, as they are now, from what it would read now."""
    return noted(store, stage, made).get("read") == read


def noted(store: Store, stage: str, made: Sequence[str]) -> Mapping[str, str]:
    """What was noted when a stage made its tables; nothing if they are not as they were then."""
    record = _record(store).get(stage)
    return record if isinstance(record, dict) and record.get("made") == _versions(store, made) else {}


def note(store: Store, stage: str, read: str, made: Sequence[str], **more: str) -> None:
    """Note that a stage made its tables, as they are now, from what `read` stands for."""
    if store.is_local:
        now = {**more, "read": read, "made": _versions(store, made)}
        record = _record(store)
        if record.get(stage) != now:
            _replace(Path(store.data_root) / "tables" / MADE, {**record, stage: now})


def pending(
    store: Store, upstream: str, downstream: str, *, on: Sequence[str], where: Mapping[str, str] | None = None
) -> Pending:
    """What `Store.pending` finds, among the rows that are new since all were done, if that was noted."""
    then = noted(store, f"all {upstream}", [downstream])
    is_known = then.get("read") == _asked(store, upstream, where)
    since = int(then["version"]) if is_known and int(then["version"]) <= store.version(upstream) else None
    return store.pending(upstream, downstream, on=on, where=where, since=since)


def note_all_done(
    store: Store, done: Pending, downstream: str, *, where: Mapping[str, str] | None = None
) -> None:
    """Note that all that were `pending` were done: what they came to is in `downstream` as it is now."""
    upstream = done.table.name
    note(
        store,
        f"all {upstream}",
        _asked(store, upstream, where),
        [downstream],
        version=str(done.version),
    )


def _asked(store: Store, upstream: str, where: Mapping[str, str] | None) -> str:
    return json.dumps([code(), store.table_id(upstream), where])


def worked_out(store: Store, name: str, tables: Sequence[str], work: Callable[[], Any]) -> Any:
    """What `work` makes of some tables, in the terms of JSON; from the record, where they are as they were then."""
    if not store.is_local:
        return work()
    path = Path(store.data_root) / "tables" / WORKED_OUT
    made_by = hashlib.sha256(inspect.getsource(sys.modules[work.__module__]).encode()).hexdigest()
    of = {
        "code": f"{code()} {made_by}",
        **{table: list(store.state(table)) for table in tables},
    }
    known = _json(path)
    if known.get(name, {}).get("of") != of:
        known = {**known, name: {"of": of, "found": work()}}
        _replace(path, known)
    return known[name]["found"]


def _versions(store: Store, tables: Sequence[str]) -> dict[str, str]:
    return {name: store.content_version(name) for name in tables}


def _record(store: Store) -> Mapping[str, Any]:
    return _json(Path(store.data_root) / "tables" / MADE) if store.is_local else {}


def _json(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # never written, or not as a whole: then all is done again
    return record if isinstance(record, dict) else {}


def _replace(path: Path, record: Mapping[str, Any]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(record), encoding="utf-8")
    new.replace(path)
