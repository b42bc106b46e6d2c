"""Where things lie and how a refresh is done: the `[settings]` table of sources.toml, and the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.toml_files import read_toml

DATA_VARIABLE = "FIGURES_DATA"
BASE_CURRENCY_VARIABLE = "FIGURES_BASE_CURRENCY"
ENGINES = ("serial", "processes")
KEEP_RELEASES = re.compile(r"all|one a day|last ([1-9]\d{0,5})", re.ASCII)
_TEXTS = {
    "data", "base_currency", "schedule", "timezone", "contact", "engine", "keep_releases", "maintenance_schedule",
    "alert_webhook",
}  # fmt: skip
_NUMBERS = {"keep_versions_days", "keep_history_days"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one project folder.

    `root` holds sources.toml, trackers.toml and rates/; `data` holds tables and releases; `schedule` is the
    cron expression of the daily refresh, in the time zone `timezone`. `contact`, an address on the web or of mail,
    is told to the servers that pages are read from.

    `engine` says what the claims are looked for with: one process or one for each core. Maintenance, when
    `maintenance_schedule` says, gives up versions of tables that were replaced `keep_versions_days` ago, keeps the
    releases that `keep_releases` names ("all", "last 30", "one a day"), and the history of Dagster's runs of
    `keep_history_days`. `alert_webhook` is the address that is told of failed runs and of checks that warn.
    """

    root: Path
    data: str
    base_currency: str
    schedule: str
    timezone: str
    contact: str | None = None
    engine: str = "serial"
    maintenance_schedule: str = "0 3 * * 0"
    keep_versions_days: int = 30
    keep_releases: str = "all"
    keep_history_days: int = 90
    alert_webhook: str | None = None

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
        **_maintenance(path, table),
    )


def _maintenance(path: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of engine, maintenance and alerts that the table has; the others have their defaults."""
    allowed: dict[str, tuple[Callable[[Any], object], str]] = {
        "engine": (lambda value: value in ENGINES, f"one of {', '.join(ENGINES)}"),
        "maintenance_schedule": (lambda value: value.split(), "a cron expression"),
        "keep_versions_days": (lambda value: 0 <= value <= 36500, "a number of days from 0 to 36500"),
        "keep_history_days": (lambda value: 1 <= value <= 36500, "a number of days from 1 to 36500"),
        "keep_releases": (
            KEEP_RELEASES.fullmatch,
            '"all", "one a day" or "last" and a number, as in "last 30"',
        ),
        "alert_webhook": (re.compile(r"https?://[!-~]{1,2000}").fullmatch, "an http or https address"),
    }
    for key, (is_right, asked) in allowed.items():
        if key in table and not is_right(table[key]):
            raise ConfigurationError(f"{path}, [settings]: {key} must be {asked}, not {table[key]!r}")
    return {key: table[key] for key in allowed if key in table}


def _settings_table(path: Path) -> dict[str, Any]:
    """The `[settings]` table of sources.toml, empty where there is none."""
    table = (read_toml(path) or {}).get("settings", {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: settings must be a table: [settings]")
    keys = _TEXTS | _NUMBERS
    unknown = sorted(set(table) - keys)
    if unknown:
        raise ConfigurationError(
            f"{path}, [settings]: {unknown[0]} is not a setting; there are {', '.join(sorted(keys))}"
        )
    for key, value in table.items():
        if key in _NUMBERS and type(value) is not int:
            raise ConfigurationError(f"{path}, [settings]: {key} must be a whole number, not {value!r}")
        if key in _TEXTS and (not isinstance(value, str) or not value):
            raise ConfigurationError(f"{path}, [settings]: {key} must be text in quotes, not {value!r}")
    return table
