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


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a table for people: its heading, its text for a row, and how it is laid out."""

    heading: str
    text: Callable[[Row], str]
    right: bool = False
    whole: bool = False


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
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            Text(column.heading),
            justify="right" if column.right else "left",
            no_wrap=column.right or column.whole or not terminal,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(plain(column.text(row))) for column in columns))
    if terminal:
        console.print(table)
        if title:
            console.print(Text(title, style="dim"))
    else:
        with console.capture() as captured:
            console.print(table)
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def say(text: str) -> None:
    """A line for people on the standard output, with nothing in it that a terminal would obey."""
    sys.stdout.write("\n".join(plain(line) for line in text.split("\n")) + "\n")
