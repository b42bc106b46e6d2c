"""What is shown of strangers' words can be seen, and is all there."""

from __future__ import annotations

import base64
import re
import unicodedata
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.charts import bar_chart, markdown, step_chart
from pipeline.display import number, plain, shortened, size
from pipeline.terminal.browse import quantity
from pipeline.terminal.cli_output import as_json

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text())
def test_plain_text_has_no_hidden_characters(text: str) -> None:
    assert not {unicodedata.category(character) for character in plain(text)} & HIDDEN


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S"))))
def test_plain_text_leaves_what_can_be_seen(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u200bb", "a\\u200bb"),
        ("\U000e0041", "\\U000e0041"),
        ("“Don’t”, £5 – naïve", "“Don’t”, £5 – naïve"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner)))
def test_json_hides_nothing_and_loses_nothing(value: object) -> None:
    import json

    text = as_json(value)
    assert json.loads(text) == value
    assert not {unicodedata.category(character) for character in text if character != "\n"} & HIDDEN


@given(st.text(), st.integers(1, 50))
def test_shortened_is_no_longer_than_it_may_be(text: str, length: int) -> None:
    assert len(shortened(text, length)) <= length
    assert shortened(text, len(text) + 1) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (314.0, "314"),
        (725e6, "725,000,000"),
        (0.5, "0.5"),
        (2 / 3, "0.666667"),
        (179_749_182.3, "179,749,182"),
        (1e18, "1e+18"),
        (-40.0, "-40"),
    ],
)
def test_number(value: float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1400, "1.4 kB"), (2_000_000, "2.0 MB"), (3e12, "3000.0 GB")],
)
def test_size(count: int, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"value": 314.0, "modifier": "at_least", "unit": None}, "at least 314"),
        ({"value": 56e9, "modifier": "more_than", "unit": "USD"}, "more than 56,000,000,000 USD"),
        ({"value": 2.5, "modifier": "exact", "unit": "percent"}, "2.5%"),
        ({"low": 5.0, "high": 7.0, "modifier": "range", "unit": "meter"}, "5 to 7 meter"),
        ({"low": 10000.0, "high": 100000.0, "modifier": "vague", "unit": None}, "10,000 to 100,000"),
        ({"low": 3.0, "modifier": "at_least", "unit": None}, "at least 3"),
        ({"high": 3.0, "modifier": "at_most", "unit": None}, "up to 3"),
        ({"modifier": "vague", "unit": None}, "no number"),
    ],
)
def test_quantity(row: dict[str, object], shown: str) -> None:
    assert quantity(row) == shown


@given(st.text())
def test_markdown_of_strangers_is_text(text: str) -> None:
    shown = markdown(text)
    assert "<" not in shown
    assert ">" not in shown
    assert not re.search(r"(?<!\\)[`*_\[\]()!|]", shown.replace("\\\\", ""))


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 10**9), max_size=40))
def test_a_chart_of_any_names_is_short_enough_to_be_shown(counts: dict[str, int]) -> None:
    shown = bar_chart("Title", counts).value
    assert len(shown or "") < 1000


DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))


@given(st.lists(st.tuples(DAYS, st.floats(-1e12, 1e12)), min_size=1, max_size=60).map(sorted))
def test_a_course_of_any_values_is_drawn_within_its_picture(steps: list[tuple[date, float]]) -> None:
    shown = step_chart("Title", steps).value or ""
    assert len(shown) < 1000
    svg = ElementTree.fromstring(base64.b64decode(shown.partition("base64,")[2].rstrip(")")))
    width, height = int(svg.attrib["width"]), int(svg.attrib["height"])
    line = svg[0].attrib["d"]
    assert all(0 <= int(x) <= width for x in re.findall(r"[MH](-?\d+)", line))
    assert all(0 <= int(y) <= height for y in re.findall(r"[V ](-?\d+)", line))
