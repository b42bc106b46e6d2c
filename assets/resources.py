"""What the assets are given: the project's settings and its store."""

import os
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
from pydantic import Field, PrivateAttr

from pipeline.engine import ENGINES, Engine
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings, load_settings
from pipeline.store import Store
from pipeline.turns import turn


class Extraction(dg.ConfigurableResource):
    """What claims are looked for with: one process, or one for each core."""

    name: str | None = Field(
        default=None, description="serial or processes; if not set, `engine` of [settings] in sources.toml"
    )

    def engine(self, settings: Settings) -> Engine:
        """The engine. ConfigurationError if there is none of that name."""
        name = self.name or settings.engine
        if name not in ENGINES:
            raise ConfigurationError(f"there is no engine {name!r}; there are {', '.join(ENGINES)}")
        return ENGINES[name]()


class Project(dg.ConfigurableResource):
    """The folder with sources.toml, and the data folder beside it.

    What is not set here comes from the environment and from `[settings]` in sources.toml, read anew by each run.
    """

    root: str = Field(default=".", description="The folder that holds sources.toml")
    data: str | None = Field(
        default=None, description="The data folder; if not set, FIGURES_DATA, else data/"
    )

    everything: bool = Field(
        default=False, description="Check every row, those too that were checked before and are as they were"
    )

    _store: Store | None = PrivateAttr(default=None)
    _held: ExitStack = PrivateAttr(default_factory=ExitStack)

    def settings(self) -> Settings:
        """The settings as they are now. ConfigurationError if sources.toml can't be read."""
        return load_settings(Path(self.root), os.environ, data=self.data)

    def store(self) -> Store:
        """The store in the data folder, held by this run until it ends; tables that are not there are made."""
        if self._store is None:
            store = Store(self.settings().data)
            with ExitStack() as held:
                held.enter_context(turn(store.data_root, on_wait=dg.get_dagster_logger().warning))
                store.create()
                self._held = held.pop_all()
            self._store = store
        return self._store

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let the next run have its turn."""
        self._store = None
        self._held.close()
