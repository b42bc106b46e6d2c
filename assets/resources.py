"""What the assets are given: the project's settings and store, and where to tell how far the work is."""

import os
from pathlib import Path
from typing import Protocol

import dagster as dg
from pydantic import Field

from pipeline.settings import Settings, load_settings
from pipeline.store import Store


class Project(dg.ConfigurableResource):
    """The folder with sources.toml, and the data folder beside it.

    What is not set here comes from the environment and from `[settings]` in sources.toml, read anew by each run.
    """

    root: str = Field(default=".", description="The folder that holds sources.toml")
    data: str | None = Field(
        default=None, description="The data folder; if not set, FIGURES_DATA, else data/"
    )

    def settings(self) -> Settings:
        """The settings as they are now. ConfigurationError if sources.toml can't be read."""
        return load_settings(Path(self.root), os.environ, data=self.data)

    def store(self) -> Store:
        """The store in the data folder, its tables made where they are not there yet."""
        store = Store(self.settings().data)
        store.create()
        return store


class Progress(Protocol):
    """Whoever wants to know how far a stage is."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` of this stage is done; total is None where nobody knows."""


def silent(stage: str, done: int, total: int | None) -> None:
    """The progress of a run that nobody watches: the UI shows the steps themselves."""
