"""TOML files that people write: what stands in them, or one sentence on what is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError


def read_toml(path: Path) -> dict[str, Any] | None:
    """What a file holds, None where there is none. ConfigurationError, naming it, if it is not TOML or can't be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not valid TOML: {error}") from error


def read_entries(path: Path, name: str) -> list[object]:
    """The [[name]] entries of a file, which has nothing else; none where there is no file."""
    found = read_toml(path) or {}
    entries = found.get(name, [])
    if not isinstance(entries, list) or set(found) - {name}:
        raise ConfigurationError(f"{path}: expected only [[{name}]] entries")
    return entries
