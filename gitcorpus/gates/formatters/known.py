"""The formatters that specs can call by name, each with the options that keep it from looking for settings.

What a formatter makes of a file depends on the file, its options and its version, and on nothing that was pushed
beside the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatter:
    """One formatter. It rewrites the files that it is given as arguments, or its standard input."""

    name: str
    command: tuple[str, ...]
    """A program and its first arguments."""
    defaults: tuple[str, ...] = ()
    """Options `--name=value` that hold unless the declaration has an option of the same name."""
    options: tuple[str, ...] = ()
    """The declaration's own options."""
    version: str = ""
    """What the program must call its version, or empty."""
    asks: tuple[str, str] = ("", "--version")
    """How it is asked for its version: a program beside it, if it is not asked itself, and an argument."""
    needs: tuple[str, ...] = ()
    """Further programs that its answers depend on."""
    is_filter: bool = False
    """Whether it reads one file from its standard input and writes it to its standard output."""
    keeps_names: bool = False
    """Whether what it does depends on a file's own name, and not only on the name's ending."""
    has_sample: bool = True
    """Whether it is known to take an empty file, or the text that is its sample."""
    sample: str = ""

    @property
    def program(self) -> str:
        """What is started."""
        return self.command[0]

    @property
    def words(self) -> tuple[str, ...]:
        """The whole command, without the files."""
        named = {option.partition("=")[0] for option in self.options}
        defaults = (each for each in self.defaults if each.partition("=")[0] not in named)
        return (*self.command, *defaults, *self.options)

    def with_options(self, options: tuple[str, ...], version: str) -> "Formatter":
        """Return it as a declaration wants it."""
        return replace(self, options=options, version=version)


KNOWN: Final[Mapping[str, Formatter]] = {
    each.name: each
    for each in (
        Formatter(
            name="black",
            command=("black", "--quiet", "--config=/dev/null", "--workers=1"),
            needs=("python3",),
        ),
        Formatter(
            name="clang-format", command=("clang-format", "-i"), defaults=("--style=LLVM",), keeps_names=True
        ),
        Formatter(name="gofmt", command=("gofmt", "-w"), asks=("go", "version"), sample="package p\n"),
        Formatter(
            name="prettier",
            command=(
                "prettier", "--write", "--log-level=warn", "--no-config", "--no-editorconfig",
                "--ignore-path=/dev/null",
            ),
            needs=("node",),
            keeps_names=True,
        ),
        Formatter(name="ruff", command=("ruff", "format", "--isolated", "--no-cache")),
        Formatter(
            name="rustfmt",
            command=("rustfmt", "--config-path=/dev/null"),
            defaults=("--edition=2021",),
            is_filter=True,
        ),
        Formatter(name="shfmt", command=("shfmt", "-w"), defaults=("-i=0",)),
        Formatter(name="taplo", command=("taplo", "fmt", "--no-auto-config")),
    )
}  # fmt: skip
"""By name. `rustfmt` is a filter here, since it would otherwise look for the modules that a file names."""
