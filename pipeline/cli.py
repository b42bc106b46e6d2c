"""The command `figures`. What is heavy is imported by the command that needs it, so that help is quick."""

from __future__ import annotations

import os
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer
from typer.core import TyperGroup

from pipeline.errors import ConfigurationError, FiguresError
from pipeline.settings import Settings, load_settings, project_root

if TYPE_CHECKING:
    from pipeline.terminal.cli_output import Format
    from pipeline.terminal.cli_tables import Reader

USER_ERROR = 2


class Commands(TyperGroup):
    """A group of commands in which an error that the user can mend is one sentence and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the arguments name."""
        try:
            return super().invoke(ctx)
        except FiguresError as error:
            from pipeline.display import plain

            typer.echo(f"figures: {plain(str(error))}", err=True)
            raise typer.Exit(USER_ERROR) from error


# What an argument is, the text of its command says: click 8.5 drops the help that typer gives it.
app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    suggest_commands=False,  # click does by itself
    pretty_exceptions_enable=False,
    help="Every figure that articles and live blogs report, with its exact source.",
)


def day(written: str) -> date:
    """The day that is written as 2024-12-05; a usage error for what is none."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise typer.BadParameter(f"{written!r} is not a day such as 2024-12-05.") from None


class Kind(StrEnum):
    """The kinds of claims."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    RATIO = "ratio"
    MEASURE = "measure"
    DURATION = "duration"
    AGE = "age"
    TEMPERATURE = "temperature"


class Status(StrEnum):
    """The states of a figure."""

    STABLE = "stable"
    UPDATED = "updated"
    CONFLICTING = "conflicting"
    RETRACTED = "retracted"


Data = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="FOLDER", help="Data folder; else FIGURES_DATA, else data/ of the project."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON with all columns.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV with all columns.")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Show at most so many rows.")]
Version = Annotated[
    str | None, typer.Option("--release", metavar="VERSION", help="Read this release, not the latest.")
]
Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PATH]...",
        exists=True,
        show_default=False,
    ),
]


@app.command()
def run(paths: Paths = None, data: Data = None, json: Json = False) -> None:
    """Read what is new, extract and link its figures, and publish a release if something changed.

    PATHs are files and folders to read; without any, what sources.toml lists is read.
    """
    from pipeline.terminal.cli_run import run_refresh

    given = [path.absolute() for path in paths or []]
    settings = _settings(data)
    os.chdir(settings.root)
    raise typer.Exit(run_refresh(settings, given, as_json=json))


@app.command()
def claims(
    kind: Annotated[Kind | None, typer.Option(help="Only claims of this kind.")] = None,
    entity: Annotated[str | None, typer.Option(help="Only where what is counted contains this.")] = None,
    source: Annotated[str | None, typer.Option(help="Only where who says it contains this.")] = None,
    document: Annotated[str | None, typer.Option(help="Only of documents whose path contains this.")] = None,
    limit: Limit = None,
    release: Version = None,
    data: Data = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Every quantitative mention, in the order of the documents."""
    from pipeline.terminal import cli_tables

    cli_tables.claims(
        _reader(data, release),
        kind=kind.value if kind else None,
        wanted={"entity": entity, "source": source, "uri": document},
        limit=limit,
        form=_form(json, csv),
    )


@app.command()
def figures(
    tracker: Annotated[str | None, typer.Option(help="Only figures of this entry of trackers.toml.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only figures in this state.")] = None,
    entity: Annotated[str | None, typer.Option(help="Only where what is counted contains this.")] = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="As the news stood on this day, YYYY-MM-DD."),
    ] = None,
    limit: Limit = None,
    release: Version = None,
    data: Data = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """The tracked figures and what is currently reported, the most mentioned first."""
    from pipeline.terminal import cli_tables

    cli_tables.figures(
        _reader(data, release),
        tracker=tracker,
        status=status.value if status else None,
        entity=entity,
        day=as_of,
        limit=limit,
        form=_form(json, csv),
    )


@app.command()
def history(
    figure: Annotated[str, typer.Argument()],
    release: Version = None,
    data: Data = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """How a figure came to its value: every report, with its words and where they stand.

    FIGURE is an id or its beginning, a tracker, or words of the label.
    """
    from pipeline.terminal import cli_tables

    cli_tables.history(_reader(data, release), figure, form=_form(json, csv))


@app.command()
def explain(
    text: Annotated[str, typer.Argument()],
    published: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="When it was published, YYYY-MM-DD."),
    ] = None,
    country: Annotated[
        str | None, typer.Option(metavar="CODE", help="The outlet's country, for '$': US, CA, AU, ...")
    ] = None,
    json: Json = False,
) -> None:
    """What the extractor finds in a text, and how it came to it.

    TEXT is a sentence or an article in quotes; - reads the standard input.
    """
    from pipeline.terminal import cli_tables

    words = sys.stdin.read() if text == "-" else text
    cli_tables.explain(words, published, country, as_json=json)


@app.command()
def track(
    text: Annotated[str, typer.Argument()],
) -> None:
    """Propose an entry of trackers.toml for the figures that a sentence reports.

    TEXT is that sentence, in quotes.
    """
    from pipeline.terminal import cli_tables

    cli_tables.track(text, _settings(None))


@app.command()
def review(
    toml: Annotated[
        bool, typer.Option("--toml", help="Print entries for corrections.toml, to complete and paste.")
    ] = False,
    data: Data = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """What waits for a decision by hand: close calls, flags, sums that can't be true, stale corrections."""
    from pipeline.terminal import cli_tables

    if toml and (json or csv):
        raise ConfigurationError("--toml can't be had with --json or --csv")
    cli_tables.review(_settings(data), form=_form(json, csv), as_toml=toml)


@app.command()
def versions(data: Data = None, json: Json = False, csv: Csv = False) -> None:
    """The releases, and the versions of every table."""
    from pipeline.terminal import cli_tables

    cli_tables.versions(_settings(data), form=_form(json, csv))


@app.command()
def sources(data: Data = None, json: Json = False, csv: Csv = False) -> None:
    """What is read: each source with its documents, and what could not be read and why."""
    from pipeline.terminal import cli_tables

    cli_tables.sources(_settings(data), form=_form(json, csv))


def _settings(data: str | None) -> Settings:
    """The settings of the project that the working directory is in."""
    folder = data if data is None or "://" in data else str(Path(data).absolute())
    return load_settings(project_root(Path.cwd()), os.environ, data=folder)


def _reader(data: str | None, version: str | None) -> Reader:
    """Reads tables of a release. FiguresError if there is none yet."""
    from pipeline.terminal.cli_tables import Reader

    return Reader.of(_settings(data), version)


def _form(json: bool, csv: bool) -> Format:
    if json and csv:
        raise ConfigurationError("--json and --csv can't be had at once")
    return "json" if json else "csv" if csv else "table"


def main() -> None:
    """The command `figures`; a reader that goes away early (`figures claims | head`) is no error."""
    try:
        app()
    except BrokenPipeError:
        # Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
