"""How the command line shows rows: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TextIO

from pipeline.display import plain

Format = Literal["table", "json", "csv"]
Row = Mapping[str, Any]
# What a spreadsheet would run as a formula. A sign before a digit is a number.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?!\d)")
# Wide enough that nothing is cut where the output is read by a program.
PIPE_WIDTH = 10_000
BETWEEN_COLUMNS = 3
AT_THE_EDGES = 2
# A column is never made narrower than its longest word, up to so many characters, or than this.
LONGEST_WORD = 18
LEAST_WIDTH = 14
# Of labels and names, so many characters are shown.
LABEL_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a table for people: its heading, its text for a row, and how it is laid out.

    A `whole` text is never broken; the others are broken between words. Where a terminal is too narrow for all
    columns, those that are `extra` are left out, the last first. `most` characters of a text are shown there.
    """

    heading: str
    text: Callable[[Row], str]
    right: bool = False
    whole: bool = False
    extra: bool = False
    most: int | None = None


def show(rows: Sequence[Row], columns: Sequence[Shown], *, form: Format, title: str = "") -> None:
    """Write rows to the standard output: all they have as JSON or CSV, the shown columns as a table."""
    match form:
        case "json":
            sys.stdout.write(as_json(rows) + "\n")
        case "csv":
            write_csv(rows, sys.stdout)
        case "table":
            _table(rows, columns, title)


def as_json(value: Any) -> str:
    """JSON in which no character is hidden: what a terminal would obey is escaped, the value is the same."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_json_value)
    return text if text.isascii() else "".join(_escaped(c) for c in text)


def _escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return json.dumps(character)[1:-1]


def _json_value(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def write_csv(rows: Sequence[Row], file: TextIO) -> None:
    """CSV with a heading line. Lists are joined with '; '; a text that a spreadsheet would take for a formula
    gets an apostrophe before it; line ends and control characters are made visible."""
    if not rows:
        return
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(rows[0].keys())
    writer.writerows([_csv_value(value) for value in row.values()] for row in rows)


def _csv_value(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    text = plain("; ".join(map(str, value)) if isinstance(value, list) else str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def _table(rows: Sequence[Row], columns: Sequence[Shown], title: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else PIPE_WIDTH, highlight=False)
    if terminal and not rows and title:
        console.print(Text(title))
        return
    cells = {column.heading: [_cell(column, row, terminal) for row in rows] for column in columns}
    least = {column.heading: _least_width(column, cells[column.heading]) for column in columns}
    fitting = _fitting(columns, least, console.width)
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False, header_style="bold")
    for column in fitting:
        table.add_column(
            Text(column.heading),
            justify="right" if column.right else "left",
            no_wrap=column.whole or not terminal,
            min_width=least[column.heading] if terminal else None,
            overflow="fold",
        )
    for texts in zip(*(cells[column.heading] for column in fitting), strict=True):
        table.add_row(*(Text(text) for text in texts))
    if terminal:
        console.print(table)
        left_out = [column.heading for column in columns if column not in fitting]
        more = f"a wider terminal also shows: {', '.join(left_out)}" if left_out else ""
        if title or more:
            console.print(Text("; ".join(filter(None, (title, more))), style="dim"))
    else:
        with console.capture() as captured:
            console.print(table)
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _cell(column: Shown, row: Row, terminal: bool) -> str:
    text = plain(column.text(row))
    return text[: column.most] if terminal else text


def _least_width(column: Shown, texts: Sequence[str]) -> int:
    """The characters that a column needs at least."""
    if column.whole:
        return max(map(len, (column.heading, *texts)))
    words = [len(word) for text in (column.heading, *texts) for word in text.split()]
    longest = max(map(len, (column.heading, *texts)))
    return max(min(max(words, default=0), LONGEST_WORD), min(longest, LEAST_WIDTH))


def _fitting(columns: Sequence[Shown], least: Mapping[str, int], width: int) -> list[Shown]:
    """The columns that a terminal has room for: all, or all but the last of the extra ones."""
    shown = list(columns)
    room = width - AT_THE_EDGES + BETWEEN_COLUMNS
    while sum(least[column.heading] + BETWEEN_COLUMNS for column in shown) > room:
        last = next((column for column in reversed(shown) if column.extra), None)
        if last is None:
            break
        shown.remove(last)
    return shown


def say(text: str) -> None:
    """A line for people on the standard output, with nothing in it that a terminal would obey."""
    sys.stdout.write("\n".join(plain(line) for line in text.split("\n")) + "\n")
