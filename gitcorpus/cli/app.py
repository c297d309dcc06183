"""The `gitcorpus` command: which commands there are, and what their exit codes mean.

Commands stand in a table and are imported when they are called, so that `gitcorpus --help` and completion
stay quick. `main` is the only place that turns an exception into an exit code: 0 accepted, 1 refused, 2 usage,
3 could not judge, 4 our bug, 130 interrupted, 141 when the reader of the output went away.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

from gitcorpus.cli import screen
from gitcorpus.cli.machine import machine_fault, open_streams, output_closed, silence
from gitcorpus.errors import GitcorpusError

INTERRUPTED, READER_GONE = 130, 141
BUG_UNTOLD = 4

SERVER_PARTS: Final = frozenset({"duckdb", "dulwich", "jinja2", "kingfisher_sdk", "nacl", "numpy", "pyarrow"})
"""Packages that only `gitcorpus[server]` brings."""


class Listed(NamedTuple):
    """Where a command is, a `Typer` or a function, and the line that `--help` shows for it."""

    module: str
    attribute: str
    help: str


COMMANDS: Final = {
    "init": Listed("gitcorpus.cli.init", "init", "Make a corpus to start from, with commented specs."),
    "spec": Listed("gitcorpus.cli.spec", "app", "Check and explain specs."),
    "rules": Listed("gitcorpus.cli.rules", "app", "List packs of style rules, and try their examples."),
    "check": Listed(
        "gitcorpus.cli.check", "check_command", "Judge what you are about to push, as the server would."
    ),
    "fix": Listed(
        "gitcorpus.cli.fix", "fix_command", "Format what you changed, as the gate `format` wants it."
    ),
    "server": Listed("gitcorpus.cli.server", "app", "Install into a bare repository, and see to it."),
    "gatekeeper": Listed(
        "gitcorpus.cli.gatekeeper", "app", "Ask the warm process that judges pushes, or end it."
    ),
    "serve": Listed(
        "gitcorpus.cli.serve", "serve", "Serve bare repositories over HTTP here, to try gitcorpus out."
    ),
    "refused": Listed("gitcorpus.cli.refused", "app", "See to refused pushes that are kept."),
    "pending": Listed("gitcorpus.cli.pending", "app", "See to pushes that wait for slow gates."),
    "incidents": Listed(
        "gitcorpus.cli.incidents", "app", "See to secrets that reached the server; no value is ever shown."
    ),
    "revoke": Listed("gitcorpus.cli.revoke", "app", "Have exposed secrets revoked."),
    "cache": Listed("gitcorpus.cli.cache", "app", "See what is known of judged content, or forget it."),
    "ledger": Listed("gitcorpus.cli.ledger", "app", "Read and verify what the server decided."),
    "blame": Listed(
        "gitcorpus.cli.blame", "blame_command", "Say which commit every line of files and folders came from."
    ),
    "release": Listed("gitcorpus.cli.release", "release", "Compile a tag into a dataset release."),
    "verify": Listed(
        "gitcorpus.cli.release", "verify", "Check a release, with its repository if it is given."
    ),
    "trace": Listed("gitcorpus.cli.release", "trace", "Say where a record's lines came from."),
    "query": Listed("gitcorpus.cli.research", "query", "Ask a release or a tag in SQL."),
    "changelog": Listed("gitcorpus.cli.research", "changelog", "Tell what changed from release to release."),
    "diff": Listed("gitcorpus.cli.research", "diff", "Say what differs between two releases."),
    "forget": Listed(
        "gitcorpus.cli.research", "forget", "List what releases hold of an author, a commit, an agreement."
    ),
}


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and imports one when it is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Exchange the placeholder that `--help` lists for the command itself."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name in COMMANDS else command, rest


def load_command(name: str) -> Any:
    """Import a command of the table."""
    listed = COMMANDS[name]
    found = getattr(import_module(listed.module), listed.attribute)
    if isinstance(found, typer.Typer):
        found.info.help = found.info.help or listed.help
        group = typer.main.get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    return typer.main.get_command(alone)


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, rich_markup_mode=None)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gitcorpus {version('gitcorpus')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Judge pushes of training code, and compile tagged commits into datasets that know their origins."""


def _placeholder() -> None:
    """Stand for a command that is not imported yet."""


for _name, _listed in COMMANDS.items():
    app.command(_name, help=_listed.help)(_placeholder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if not open_streams():
        return _ended(output_closed())
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt, typer.Abort) as error:  # noqa: BLE001 - style 21: the one place
        return _ended(error)
    return code


def _ended(error: BaseException) -> int:
    """Tell the user what went wrong as far as it can be written, and return the exit code for it."""
    code = BUG_UNTOLD
    try:
        code = _told(error)
        sys.stderr.flush()
    except (
        OSError,
        ValueError,
        AttributeError,
        MemoryError,
    ):  # standard error takes nothing; the exit code says it
        fault = error if isinstance(error, GitcorpusError) else machine_fault(error)
        code = fault.exit_code if fault is not None else code
        silence(2)
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        silence(1)
    return code


def _told(error: BaseException) -> int:
    """Tell the user what went wrong, and return the exit code for it."""
    match error:
        case GitcorpusError():
            screen.print_error(error)
            return error.exit_code
        case typer.TyperException():
            return screen.print_usage_error(error)
        case KeyboardInterrupt() | typer.Abort():
            return INTERRUPTED
        case BrokenPipeError():
            return _reader_gone()
        case _ if (fault := machine_fault(error)) is not None:
            return _told(fault)
        case ModuleNotFoundError() if _package(error) in SERVER_PARTS:
            return _told(_server_part_missing(_package(error)))
        case _:
            return screen.print_bug(error)


def _run(arguments: Sequence[str] | None) -> int:
    """Call typer; it turns a broken pipe into `SystemExit(1)`, which would read as refused."""
    try:
        command = typer.main.get_command(app)
        returned = command.main(arguments, prog_name="gitcorpus", standalone_mode=False)
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):
            raise leaving.__context__ from None
        return leaving.code if isinstance(leaving.code, int) else 0
    return returned if isinstance(returned, int) else 0


def _package(error: ModuleNotFoundError) -> str:
    return (error.name or "").partition(".")[0]


def _server_part_missing(package: str) -> GitcorpusError:
    from gitcorpus.packages import install_command  # noqa: PLC0415 - seldom needed

    return GitcorpusError(
        "package-missing",
        f"this command needs the package {package}, which the light install leaves out",
        hint=install_command(),
    )


def _reader_gone() -> int:
    """Leave quietly: nothing more can be written, also not by the interpreter on its way out."""
    silence(sys.stdout.fileno())
    return READER_GONE


if __name__ == "__main__":
    sys.exit(main())
