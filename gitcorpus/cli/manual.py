"""The manual page of every command, written from the commands themselves: `docs/reference/commands.md`.

python -m gitcorpus.cli.manual > docs/reference/commands.md
"""

from collections.abc import Iterator
from typing import Any

import typer

from gitcorpus.cli.app import COMMANDS, load_command

_WIDTH = 100
_HEAD = """\
# Commands

What `--help` prints, for every command. Exit codes are the same everywhere: 0 accepted, 1 refused, 2 usage, 3 could
not judge, 4 a bug of ours, 130 interrupted, 141 when the reader of the output went away. Colours appear only on a
terminal, and never where `NO_COLOR` is set. `gitcorpus --install-completion` makes your shell complete commands and
options.
"""


def commands_page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for name in COMMANDS:
        for path, text in _helps(load_command(name), f"gitcorpus {name}", None):
            parts.append(f"## {path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _helps(command: Any, path: str, parent: Any) -> Iterator[tuple[str, str]]:
    """Yield the help of a command and of those below it."""
    context = command.make_context(
        path if parent is None else command.name,
        [],
        parent=parent,
        resilient_parsing=True,
        terminal_width=_WIDTH,
    )
    yield path, command.get_help(context)
    for name, inner in getattr(command, "commands", {}).items():
        yield from _helps(inner, f"{path} {name}", context)


if __name__ == "__main__":
    typer.echo(commands_page(), nl=False)
