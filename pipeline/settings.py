"""Where things lie and how a refresh is done: the `[settings]` table of sources.toml, and the environment."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigurationError

DATA_VARIABLE = "FIGURES_DATA"
BASE_CURRENCY_VARIABLE = "FIGURES_BASE_CURRENCY"
_KEYS = {"data", "base_currency", "schedule", "timezone", "contact"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one project folder.

    `root` holds sources.toml, trackers.toml and rates/; `data` holds tables and releases; `schedule` is the
    cron expression of the daily refresh, in the time zone `timezone`. `contact`, an address on the web or of mail,
    is told to the servers that pages are read from.
    """

    root: Path
    data: str
    base_currency: str
    schedule: str
    timezone: str
    contact: str | None = None

    @property
    def sources(self) -> Path:
        """The file that lists what is read."""
        return self.root / "sources.toml"

    @property
    def trackers(self) -> Path:
        """The file of figures that the user follows by name."""
        return self.root / "trackers.toml"

    @property
    def corrections(self) -> Path:
        """The file of corrections by hand."""
        return self.root / "corrections.toml"

    @property
    def rates(self) -> Path | None:
        """The folder of the user's own exchange rates, None where there is none."""
        folder = self.root / "rates"
        return folder if folder.is_dir() else None


def project_root(start: Path) -> Path:
    """The folder that holds sources.toml: `start` or the nearest above it; `start` itself where none does."""
    return next((folder for folder in (start, *start.parents) if (folder / "sources.toml").is_file()), start)


def load_settings(root: Path, environment: Mapping[str, str], *, data: str | None = None) -> Settings:
    """The settings of a project: what is given here, else the environment, else sources.toml, else the default.

    A relative data folder is taken from `root`. ConfigurationError for a `[settings]` table that says
    something else than these settings, or says it wrongly.
    """
    path = root / "sources.toml"
    table = _settings_table(path)
    base = environment.get(BASE_CURRENCY_VARIABLE) or table.get("base_currency", "USD")
    if not re.fullmatch(r"[A-Z]{3}", base):
        raise ConfigurationError(
            f"base currency {base!r} is not an ISO 4217 code such as USD; "
            f"it is set in {path} or by {BASE_CURRENCY_VARIABLE}"
        )
    contact = table.get("contact")
    if contact is not None and not re.fullmatch(r"[!-~]{3,200}", contact):
        raise ConfigurationError(
            f"{path}, [settings]: contact must be an address without spaces, not {contact!r}"
        )
    folder = data or environment.get(DATA_VARIABLE) or table.get("data", "data")
    return Settings(
        root=root,
        data=folder if "://" in folder else str(root / folder),
        base_currency=base,
        schedule=table.get("schedule", "0 6 * * *"),
        timezone=table.get("timezone", "UTC"),
        contact=contact,
    )


def _settings_table(path: Path) -> dict[str, str]:
    """The `[settings]` table of sources.toml, empty where there is none."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("settings", {})
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: settings must be a table: [settings]")
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise ConfigurationError(
            f"{path}, [settings]: {unknown[0]} is not a setting; there are {', '.join(sorted(_KEYS))}"
        )
    for key, value in table.items():
        if not isinstance(value, str) or not value:
            raise ConfigurationError(f"{path}, [settings]: {key} must be text in quotes, not {value!r}")
    return table
