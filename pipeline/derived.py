"""Tables that are made anew from all that is before them: whether they have to be, and what they were made from.

Beside the tables a record says for each such stage what it read (versions of tables, code, files of the user) and
which versions of its own tables that came to. Where both are as they were there is nothing to do. The record is
written last, and a stage without one is done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.store import Store

MADE = ".made.json"


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
        record = {**_record(store), stage: {**more, "read": read, "made": _versions(store, made)}}
        path = _path(store)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(record), encoding="utf-8")
        new.replace(path)


def _versions(store: Store, tables: Sequence[str]) -> dict[str, str]:
    return {name: store.content_version(name) for name in tables}


def _record(store: Store) -> Mapping[str, Any]:
    if not store.is_local:
        return {}
    try:
        record = json.loads(_path(store).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # never written, or not as a whole: then the stages are done again
    return record if isinstance(record, dict) else {}


def _path(store: Store) -> Path:
    return Path(store.data_root) / "tables" / MADE
