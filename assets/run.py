"""One refresh in this process, on the instance that dagster.yaml describes, so that the UI's history has it."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from assets.resources import Progress

JOB = "refresh"


@dataclass(frozen=True)
class StageResult:
    ...
