"""What the assets are given: the project's settings and its store."""

import os
from pathlib import Path

import dagster as dg
from pydantic import Field, PrivateAttr

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

    _store: Store | None = PrivateAttr(default=None)

    def settings(self) -> Settings:
        """The settings as they are now. ConfigurationError if sources.toml can't be read."""
        return load_settings(Path(self.root), os.environ, data=self.data)

    def store(self) -> Store:
        """The store in the data folder; its tables are made where they are not there yet, once a run."""
        if self._store is None:
            self._store = Store(self.settings().data)
            self._store.create()
        return self._store
