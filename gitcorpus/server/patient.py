"""What the doctor looks at, and how a fault is written down."""

import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Place
from gitcorpus.model.server import Flavour, Server
from gitcorpus.server.hooks import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A bare repository, the gitcorpus that examines it, under which account and when."""

    git_dir: Path
    server: Server | None
    """None if the server's file does not load, which is a fault of its own."""
    program: Program
    uid: int
    now: datetime
    attacks: bool = False
    """Whether the sandbox is attacked, which takes some seconds."""

    @property
    def flavour(self) -> Flavour:
        """The server that it stands in."""
        return self.server.flavour if self.server else Flavour.PLAIN

    @property
    def install(self) -> str:
        """The command that mends most."""
        return f"gitcorpus server install {shlex.quote(str(self.git_dir))}"

    def git(self, *words: str) -> str:
        """Return a git command for this repository, to be pasted."""
        return shlex.join(["git", f"--git-dir={self.git_dir}", *words])

    def fault(self, code: str, path: Path | str, sentence: str, hint: str) -> Finding:
        """Return what is wrong and must be mended."""
        return Finding(code=code, place=Place(path=str(path)), sentence=sentence, hint=hint)

    def note(self, code: str, path: Path | str, sentence: str, hint: str) -> Finding:
        """Return what is worth knowing and may stay."""
        place = Place(path=str(path))
        return Finding(code=code, place=place, sentence=sentence, hint=hint, severity=Severity.WARN)
