"""Pictures for the Dagster UI: SVG inside Markdown, small enough to be shown at once."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape

import dagster as dg

from pipeline.display import number, plain, shortened

BAR = "#54d"
NAME_WIDTH = 24
# Longer Markdown is hidden behind a link in the UI of Dagster 1.13.
SHOWN_INLINE = 1000
# Of a step chart: the picture, and what of it is above and below the line.
WIDTH, HEIGHT, MARGIN = 500, 110, 20


def bar_chart(title: str, counts: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """A bar for each name; of many names the first, as many as the UI shows at once."""
    bars = [(shortened(plain(name), NAME_WIDTH), count) for name, count in counts.items()]
    return _first_that_fits(title, (_bars(bars[:most]) for most in range(len(bars), 0, -1)))


def step_chart(title: str, steps: Sequence[tuple[date, float]]) -> dg.MarkdownMetadataValue:
    """A value that stood from a day on until the next, in the order of days; of many the last, as many as are shown.

    The line begins at zero or at the smallest value below it, so that heights can be compared.
    """
    return _first_that_fits(title, (_steps(steps[first:]) for first in range(len(steps))))


def _first_that_fits(title: str, pictures: Iterator[str]) -> dg.MarkdownMetadataValue:
    for svg in pictures:
        picture = f"![{markdown(title)}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
        if len(picture) < SHOWN_INLINE:
            return dg.MetadataValue.md(picture)
    return dg.MetadataValue.md("nothing to show")


def _bars(bars: Sequence[tuple[str, int]]) -> str:
    """The bars in few characters; grey text can be read on light and on dark."""
    peak = max(count for _, count in bars) or 1
    tops = range(0, 20 * len(bars), 20)
    lines = "".join(
        f"M200 {top + 10}h{max(300 * count // peak, 1)}" for top, (_, count) in zip(tops, bars, strict=True)
    )
    names = "".join(
        f'<tspan x="0" y="{top + 15}">{count:,} {escape(name)}</tspan>'
        for top, (name, count) in zip(tops, bars, strict=True)
    )
    return _picture(20 * len(bars), f'<path stroke="{BAR}" stroke-width="14" d="{lines}"/>', names)


def _steps(steps: Sequence[tuple[date, float]]) -> str:
    """The line, with the first and the last value above it and their days below."""
    (first, value), (last, newest) = steps[0], steps[-1]
    days = (last - first).days or 1
    low = min(0.0, *(value for _, value in steps))
    span = max(value for _, value in steps) - low or 1.0
    tall = HEIGHT - 2 * MARGIN

    def at(day: date, value: float) -> tuple[int, int]:
        # Where the last value begins, a tenth of the width is left to show that it stands.
        return round(WIDTH * 0.9 * (day - first).days / days), round(
            MARGIN + tall * (1 - (value - low) / span)
        )

    x, y = at(*steps[0])
    line = f"M{x} {y}" + "".join("H{}V{}".format(*at(*step)) for step in steps[1:]) + f"H{WIDTH}"
    words = "".join(
        f'<tspan x="{x}" y="{y}" text-anchor="{side}">{text}</tspan>'
        for side, x, told, day in (("start", 0, value, first), ("end", WIDTH, newest, last))
        for y, text in ((13, number(told)), (HEIGHT - 3, day.isoformat()))
    )
    return _picture(HEIGHT, f'<path fill="none" stroke="{BAR}" stroke-width="2" d="{line}"/>', words)


def _picture(height: int, lines: str, words: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">{lines}'
        f'<text font-family="sans-serif" font-size="13" fill="#777">{words}</text></svg>'
    )


def markdown(text: str) -> str:
    """Text of strangers as Markdown that shows it and does nothing else."""
    escaped = escape(plain(text))
    return "".join(
        f"\\{character}" if character in r"\`*_{}[]()#+-.!|~" else character for character in escaped
    )
