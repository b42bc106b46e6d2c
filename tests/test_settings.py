"""Settings: what is given goes before the environment, that before sources.toml, that before the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings import load_settings, project_root


def write(root: Path, text: str) -> Path:
    (root / "sources.toml").write_text(text, encoding="utf-8")
    return root


def test_defaults_need_no_file(tmp_path: Path) -> None:
    found = load_settings(tmp_path, {})
    assert found.data == str(tmp_path / "data")
    assert found.base_currency == "USD"
    assert found.rates is None


def test_what_goes_before_what(tmp_path: Path) -> None:
    write(tmp_path, '[settings]\ndata = "in-file"\nbase_currency = "EUR"\n')
    environment = {"FIGURES_DATA": "in-environment", "FIGURES_BASE_CURRENCY": "GBP"}
    assert load_settings(tmp_path, {}).data == str(tmp_path / "in-file")
    assert load_settings(tmp_path, {}).base_currency == "EUR"
    assert load_settings(tmp_path, environment).data == str(tmp_path / "in-environment")
    assert load_settings(tmp_path, environment).base_currency == "GBP"
    assert load_settings(tmp_path, environment, data="given").data == str(tmp_path / "given")
    assert load_settings(tmp_path, {"FIGURES_DATA": ""}).data == str(tmp_path / "in-file")


def test_an_absolute_folder_and_an_address_stay_as_they_are(tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert load_settings(tmp_path, {}, data=elsewhere).data == elsewhere
    assert load_settings(tmp_path, {}, data="s3://bucket/figures").data == "s3://bucket/figures"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[settings", "not valid TOML"),
        ("settings = 3", r"\[settings\]"),
        ('[settings]\nbase = "USD"', "base is not a setting"),
        ("[settings]\ndata = 3", "data must be"),
        ('[settings]\nbase_currency = "dollar"', "'dollar' is not an ISO 4217 code"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load_settings(write(tmp_path, text), {})


def test_the_project_is_the_nearest_folder_with_sources(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "articles" / "2024"
    inner.mkdir(parents=True)
    assert project_root(inner) == inner
    write(tmp_path / "project", "")
    assert project_root(inner) == tmp_path / "project"
