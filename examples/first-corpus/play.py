"""Play `history.yaml`: make a git repository whose commits, dates and authors are always the same.

    play.py DIR

DIR becomes a repository with a work tree, the branch main and the tag of the history. Two runs give the same
oids, because everything that git writes into a commit is pinned: names, addresses, dates, file modes, and no
configuration of the user or the machine. The last tree must be exactly `tree/`, or it fails.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
SETTINGS = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "3",
    "GIT_CONFIG_KEY_0": "core.autocrlf",
    "GIT_CONFIG_VALUE_0": "false",
    "GIT_CONFIG_KEY_1": "core.fileMode",
    "GIT_CONFIG_VALUE_1": "true",
    "GIT_CONFIG_KEY_2": "gc.auto",
    "GIT_CONFIG_VALUE_2": "0",
    "HOME": "/dev/null",
    "LC_ALL": "C",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "TZ": "UTC",
}


class Player:
    """Makes one commit after the other in one work tree."""

    def __init__(self, folder: Path, authors: Mapping[str, Mapping[str, str]]) -> None:
        self.folder = folder
        self.authors = authors
        git = shutil.which("git")
        if git is None:
            raise SystemExit("play.py needs git on the PATH")
        self.program = git

    def git(self, *arguments: str, who: Mapping[str, str] | None = None, date: str = "") -> str:
        """Run git in the work tree as somebody at some time, and return what it prints."""
        person: dict[str, str] = {}
        if who is not None:
            for kind in ("AUTHOR", "COMMITTER"):
                person[f"GIT_{kind}_NAME"] = who["name"]
                person[f"GIT_{kind}_EMAIL"] = who["email"]
                person[f"GIT_{kind}_DATE"] = date
        command = [self.program, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=SETTINGS | person, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"git {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def commit(self, entry: Mapping[str, Any]) -> None:
        """Make the commit that one entry of the history describes."""
        who, date, message = self.authors[entry["author"]], entry["date"], entry["message"]
        self.checkout(entry.get("branch", "main"))
        if "merge" in entry:
            self.git(
                "merge", "--quiet", "--no-ff", "--signoff", "-m", message, entry["merge"], who=who, date=date
            )
            return
        for old, new in entry.get("move", {}).items():
            self.git("mv", old, new)
        for path, source in versions(entry).items():
            place(source, self.folder / path)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--signoff", "-m", message, who=who, date=date)

    def checkout(self, branch: str) -> None:
        """Go to a branch; a new one starts at main's tip."""
        if self.git("branch", "--show-current").strip() == branch:
            return
        known = self.git("branch", "--list", branch)
        self.git("checkout", "--quiet", *([branch] if known else ["-b", branch, "main"]))


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the path within a folder and the real path of every file, in order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix(), path


def versions(entry: Mapping[str, Any]) -> dict[str, Path]:
    """Return which file of `tree/` or `earlier/` stands at each path of a commit."""
    wanted = list(entry.get("files", ()))
    everything = dict(files_of(HERE / "tree"))
    found = {
        path: source
        for path, source in everything.items()
        if any(path == name or (name.endswith("/") and path.startswith(name)) for name in wanted)
    }
    if "earlier" in entry:
        found |= dict(files_of(HERE / "earlier" / str(entry["earlier"])))
    return found


def place(source: Path, target: Path) -> None:
    """Copy a file's bytes; what begins with `#!` is executable, whatever the copy on this disk says."""
    data = source.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(0o755 if data.startswith(b"#!") else 0o644)


def differences(folder: Path) -> list[str]:
    """Return the paths at which the played work tree is not `tree/`."""
    wanted = {path: source.read_bytes() for path, source in files_of(HERE / "tree")}
    inside = ((path, source) for path, source in files_of(folder) if not path.startswith(".git/"))
    played = {path: source.read_bytes() for path, source in inside}
    return sorted(path for path in wanted.keys() | played.keys() if wanted.get(path) != played.get(path))


def play(folder: Path) -> str:
    """Make the repository and return the oid of its last commit."""
    history = YAML(typ="safe", pure=True).load(HERE / "history.yaml")
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    player = Player(folder, history["authors"])
    player.git("init", "--quiet", "--initial-branch=main", "--object-format=sha1", "--template=")
    for entry in history["commits"]:
        player.commit(entry)
    player.checkout("main")
    tag = history["tag"]
    who = player.authors[tag["author"]]
    player.git("tag", "--annotate", "-m", tag["message"], tag["name"], who=who, date=tag["date"])
    if found := differences(folder):
        raise SystemExit(f"the history does not end with tree/: {', '.join(found)}")
    return player.git("rev-parse", "main").strip()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(play(Path(sys.argv[1])))
