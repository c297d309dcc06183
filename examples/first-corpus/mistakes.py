"""Read the mistakes of `mistakes/` and commit one on a branch of its own, as its author would have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from play import HERE, Player, files_of, place
from ruamel.yaml import YAML

DATE = "2026-02-27T17:00:00+00:00"


class Mistake(NamedTuple):
    """What somebody commits, and the gate and the code with which the server is expected to refuse it."""

    name: str
    title: str
    author: Mapping[str, str]
    message: str
    sign_off: bool
    symlinks: Mapping[str, str]
    zeros: Mapping[str, int]
    gate: str
    code: str

    @property
    def branch(self) -> str:
        """The branch that the mistake is pushed to."""
        return f"mistake/{self.name}"

    @property
    def pusher(self) -> str:
        """The account that pushes it: the author's, as the server names it."""
        return self.author["email"].partition("@")[0]

    def commit(self, folder: Path) -> None:
        """Commit the mistake in a played work tree, on its branch from main's tip, and go back to main."""
        player = Player(folder, {})
        player.git("checkout", "--quiet", "-B", self.branch, "main")
        for path, source in files_of(HERE / "mistakes" / self.name / "files"):
            place(source, folder / path)
        for path, target in self.symlinks.items():
            (folder / path).symlink_to(target)
        for path, size in self.zeros.items():
            (folder / path).write_bytes(bytes(size))
        player.git("add", "--all")
        signed = ["--signoff"] if self.sign_off else []
        player.git("commit", "--quiet", *signed, "-m", self.message, who=self.author, date=DATE)
        player.checkout("main")


def load_mistakes() -> tuple[Mistake, ...]:
    """Read all mistakes, by name."""
    yaml = YAML(typ="safe", pure=True)
    authors = yaml.load(HERE / "history.yaml")["authors"]
    folders = sorted(path.parent for path in (HERE / "mistakes").glob("*/mistake.yaml"))
    return tuple(_mistake(folder.name, yaml.load(folder / "mistake.yaml"), authors) for folder in folders)


def _mistake(name: str, said: Mapping[str, Any], authors: Mapping[str, Mapping[str, str]]) -> Mistake:
    author = said["author"]
    return Mistake(
        name=name,
        title=said["title"],
        author=authors[author] if isinstance(author, str) else author,
        message=said["message"],
        sign_off=said["sign_off"],
        symlinks=said.get("symlink", {}),
        zeros=said.get("zeros", {}),
        gate=said["gate"],
        code=said["code"],
    )
