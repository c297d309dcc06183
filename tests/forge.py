"""The Forge builds real repositories with real git, for every test that needs one.

Same commits, same oids: names are fixed, the clock starts on 2026-01-05 and ticks one second for each thing
that git dates, and git sees nothing of the machine's own configuration. Hooks run as they would on a server.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gitcorpus.model.place import Oid

AUTHORS = {
    name: (f"Author {name.title()}", f"{name}@corpus.example") for name in ("lead", "north", "south", "east")
}
FIRST_TICK = datetime(2026, 1, 5, tzinfo=UTC)

_DATED = frozenset({"am", "cherry-pick", "commit", "commit-tree", "merge", "pull", "rebase", "revert", "tag"})


@dataclass(frozen=True)
class Symlink:
    target: str | bytes


@dataclass(frozen=True)
class Executable:
    text: str | bytes


Content = str | bytes | Symlink | Executable | None


@dataclass(frozen=True)
class Outcome:
    """What the client of a push saw."""

    code: int
    stderr: str

    @property
    def accepted(self) -> bool:
        return self.code == 0

    @property
    def remote(self) -> str:
        """Only what the server said, without the prefixes and the blanks that git puts around it.

        What is told only while somebody waits is left out: it depends on how busy the machine is.
        """
        said = [line for line in self.stderr.replace("\r", "\n").split("\n") if line.startswith("remote:")]
        text = "\n".join(line.removeprefix("remote:").removeprefix(" ").rstrip(" ") for line in said)
        return re.sub(r"(?m)\n*(?:^judging by .* \([0-9]+ of [0-9]+\)\n*)+", "\n", text).strip("\n")


class Forge:
    """Makes repositories below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = FIRST_TICK
        home = root / "home"
        home.mkdir(parents=True, exist_ok=True)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }

    def bare(self, name: str = "corpus.git") -> Path:
        path = self.root / name
        self.run("init", "--quiet", "--bare", "--initial-branch=main", str(path))
        return path

    def work(self, name: str = "work") -> "Work":
        path = self.root / name
        self.run("init", "--quiet", "--initial-branch=main", str(path))
        return Work(self, path)

    def clone(self, bare: Path, name: str = "work", *options: str) -> "Work":
        path = self.root / name
        self.run("-c", "init.defaultBranch=main", "clone", "--quiet", *options, str(bare), str(path))
        return Work(self, path)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now - timedelta(seconds=1)

    def run(
        self,
        *args: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | bytes | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run git; the output is text in which bytes that are not UTF-8 stand as lone surrogates."""
        done = subprocess.run(
            ["git", *args],
            cwd=cwd or self.root,
            env={**self.environ, **(env or {})},
            input=os.fsencode(stdin) if stdin is not None else b"",
            capture_output=True,
            check=False,
        )
        text = subprocess.CompletedProcess(
            done.args, done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr)
        )
        if check and text.returncode:
            raise AssertionError(
                f"git {' '.join(args)} ended with {text.returncode}\n{text.stdout}{text.stderr}"
            )
        return text


class Work:
    """A repository with a work tree, on branch `main` at first."""

    def __init__(self, forge: Forge, path: Path) -> None:
        self.forge = forge
        self.path = path
        self.git_dir = path / ".git"
        name, email = AUTHORS["north"]
        for key, value in {"user.name": name, "user.email": email, "gc.auto": "0"}.items():
            self.git("config", key, value)

    @property
    def head(self) -> Oid:
        return self.oid("HEAD")

    def oid(self, rev: str) -> Oid:
        return Oid(self.git("rev-parse", "--verify", rev).stdout.strip())

    def git(
        self,
        *args: str,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        stdin: str | bytes | None = None,
    ) -> subprocess.CompletedProcess[str]:
        dates = {}
        if args[0] in _DATED:
            stamp = f"{int(self.forge.tick().timestamp())} +0000"
            dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        return self.forge.run(*args, cwd=self.path, env={**dates, **(env or {})}, stdin=stdin, check=check)

    def write(self, files: Mapping[str, Content]) -> None:
        """Write files, make symlinks and executables; None deletes."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            else:
                self._place(path, content)

    def commit(
        self,
        files: Mapping[str, Content] | None = None,
        message: str | bytes = "change",
        *,
        author: str = "north",
        date: datetime | str | None = None,
        sign_off: bool = True,
        allow_empty: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Oid:
        """Commit the whole work tree; `author` is one of AUTHORS or `Name <mail>`, `date` is both dates."""
        self.write(files or {})
        self.git("add", "--all")
        options = ["--quiet", "--file=-"]
        options += ["--signoff"] if sign_off else []
        options += ["--allow-empty"] if allow_empty else []
        dates = {} if date is None else {"GIT_AUTHOR_DATE": _stamp(date), "GIT_COMMITTER_DATE": _stamp(date)}
        self.git("commit", *options, env={**identity(author), **dates, **(env or {})}, stdin=message)
        return self.head

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Make a branch and go to it."""
        self.git("checkout", "--quiet", "-b", name, start)

    def checkout(self, rev: str) -> None:
        self.git("checkout", "--quiet", rev)

    def merge(self, *revs: str, message: str = "merge", author: str = "north", check: bool = True) -> Oid:
        """Merge without fast-forward; with `check=False` a conflict is left to `commit`."""
        self.git("merge", "--quiet", "--no-ff", "-m", message, *revs, env=identity(author), check=check)
        return self.head

    def tag(self, name: str, rev: str = "HEAD", *, message: str | None = None) -> Oid:
        """Make a lightweight tag, or with a message an annotated one; return the tag's own oid."""
        self.git("tag", *(["--annotate", "-m", message] if message is not None else []), name, rev)
        return self.oid(f"refs/tags/{name}")

    def push(
        self,
        *refspecs: str,
        options: Sequence[str] = (),
        remote: str = "origin",
        env: Mapping[str, str] | None = None,
    ) -> Outcome:
        given = [f"--push-option={option}" for option in options]
        done = self.git("push", *given, remote, *(refspecs or ("HEAD",)), check=False, env=env)
        return Outcome(done.returncode, done.stderr)

    def _place(self, path: Path, content: Content) -> None:
        for parent in path.relative_to(self.path).parents:
            if (self.path / parent).is_symlink() or (self.path / parent).is_file():
                (self.path / parent).unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        if isinstance(content, Symlink):
            path.symlink_to(os.fsdecode(content.target))
            return
        text = content.text if isinstance(content, Executable) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        path.chmod(0o755 if isinstance(content, Executable) else 0o644)


def _stamp(date: datetime | str) -> str:
    """Write a date for git, which would add the machine's time of day to a bare day."""
    text = date if isinstance(date, str) else date.isoformat()
    return text if ":" in text or text.endswith("0000") else f"{text}T00:00:00Z"


def identity(author: str) -> dict[str, str]:
    """Return the environment that makes git commit as this author."""
    name, email = AUTHORS[author] if author in AUTHORS else author.removesuffix(">").split(" <", 1)
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }
