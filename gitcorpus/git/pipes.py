"""What a repository could make a reader wait for: a pipe or a device where git and libgit2 expect a file.

Both open such files whatever they are, and wait for ever. So whoever opens a repository that others may have made
looks first at all that they will come to: its folder, settings and what those include, references, objects, and the
folders of objects that it borrows. Nothing is opened here but regular files.
"""

import os
import re
import shlex
import stat
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.git.command import run_git

_SETTINGS: Final = re.compile(rb"include|excludesfile|attributesfile", re.IGNORECASE)
"""What settings that lead to other files have in common."""
_LEADS: Final = re.compile(r"include(if\..*)?\.path|core\.(excludesfile|attributesfile)", re.DOTALL)
_DOOR: Final = (
    "",
    "HEAD",
    "config",
    "config.worktree",
    "commondir",
    "packed-refs",
    "shallow",
    "objects/info/alternates",
)
_BELOW: Final = ("refs", "logs", "info", "worktrees")
_RULES: Final = frozenset({".gitignore", ".gitattributes", ".gitmodules"})
_MOST: Final = 100
"""Most files of settings, and most folders of objects, that one repository may lead to."""
_LARGEST: Final = 1 << 20
"""Most bytes of a file that names others."""
_ENDS: Final = re.compile(r"[\r\n]")


def refuse_pipes(path: Path) -> None:
    """Refuse a bare repository, a work tree's top folder or its `.git` in which a reader would wait for ever.

    Raises:
        GitcorpusError: not-a-repository, with the place.
    """
    for git_dir in refuse_door(path):
        _refuse_in(git_dir, deep=False)
        for name in _BELOW:
            _refuse_in(git_dir / name)
        _refuse_objects(git_dir / "objects")
        _refuse_settings([git_dir / "config", git_dir / "config.worktree"])


def refuse_pipes_in_work_tree(root: Path) -> None:
    """Refuse what `git add` would wait for: pipes in place of the files that tell it what to take up.

    Raises:
        UnjudgedError: work-tree-unreadable, with the place.
        GitcorpusError: not-a-repository, if a repository within it is such a one.
    """
    folders = [str(root)]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            if entry.name == ".git":
                if folder != str(root):
                    refuse_pipes(Path(folder))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.name in _RULES and _is_waited_for(Path(entry.path)):
                sentence = "it is neither a file nor a folder, and git would wait for it"
                hint = f"rm {shlex.quote(entry.path)}"
                raise UnjudgedError("work-tree-unreadable", sentence, place=entry.path, hint=hint)


def refuse_door(path: Path) -> tuple[Path, ...]:
    """Refuse the same by a few names alone, which costs a push nothing; return the folders that it consists of.

    Raises:
        GitcorpusError: not-a-repository, with the place.
    """
    found: list[Path] = []
    for top in (path, path / ".git"):
        _refuse_names(top)
        git_dir = top.parent / _read(top).removeprefix("gitdir:").strip() if top.is_file() else top
        _refuse_names(git_dir)
        if os.path.lexists(git_dir / "HEAD"):
            found.append(Path(os.path.realpath(git_dir)))
            link = git_dir / "commondir"
            if link.is_file():
                common = Path(os.path.realpath(git_dir / _read(link).strip()))
                _refuse_names(common)
                found.append(common)
    return tuple(dict.fromkeys(found))


def _refuse_objects(first: Path) -> None:
    """Refuse pipes in a folder of objects, and in those that it borrows."""
    found = [Path(os.path.realpath(first))]
    for folder in found:
        _refuse_in(folder)
        names = folder / "info/alternates"
        for line in sorted({*_ENDS.split(_read(names)), *_read(names).split("\n")}):
            if line.startswith('"'):
                raise _refused(names, "it names a folder in quotes, which git and libgit2 read differently")
            borrowed = Path(os.path.realpath(folder / line))
            if line and not line.startswith("#") and borrowed not in found:
                found.append(borrowed)
        _refuse_many(found, names)


def _refuse_settings(found: list[Path]) -> None:
    """Refuse pipes among files of settings, those that they include, and those that `check` takes from them."""
    for file in found:
        _refuse(file)
        data = os.fsencode(_read(file))
        if not _SETTINGS.search(data):
            continue
        try:
            said = run_git(
                Path("/"), "config", "--file", "-", "--no-includes", "--null", "--list", stdin=data
            )
        except UnjudgedError as error:
            if error.code != "git-failed":
                raise
            raise _refused(file, "git cannot read these settings") from error
        for setting in os.fsdecode(said).split("\0"):
            name, _, value = setting.partition("\n")
            if not value or not _LEADS.fullmatch(name):
                continue
            if value.startswith("%("):
                raise _refused(file, f"`{name}` leads to git's own folder")
            led = Path(os.path.realpath(file.parent / Path(value).expanduser()))
            _refuse(led)
            if name.startswith("include") and led not in found:
                found.append(led)
        _refuse_many(found, file)


def _refuse_in(top: Path, *, deep: bool = True) -> None:
    """Refuse pipes in a folder, and in those below; what the folder's own listing says is not asked again."""
    folders, seen = [str(top)], set[str]()
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink() and deep and entry.is_dir():
                real = os.path.realpath(entry.path)
                folders += [real] if real not in seen else []
                seen.add(real)
            elif entry.is_dir():
                folders += [entry.path] if deep else []
            elif not entry.is_file(follow_symlinks=False):
                _refuse(Path(entry.path))


def _refuse_names(git_dir: Path) -> None:
    for name in _DOOR:
        _refuse(git_dir / name)


def _refuse(path: Path) -> None:
    if _is_waited_for(path):
        raise _refused(path, "it is neither a file nor a folder, so this is no repository")


def _is_waited_for(path: Path) -> bool:
    """Tell whether opening would wait, or reading has no end; a socket cannot be opened, so nothing waits for it."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    is_plain = stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISSOCK(mode)
    return not is_plain and path.resolve() != Path(os.devnull)


def _refuse_many(found: list[Path], place: Path) -> None:
    if len(found) > _MOST:
        raise _refused(place, f"it and others lead to more than {_MOST} places")


def _read(path: Path) -> str:
    """Return a regular file's text; nothing where there is none, or it may not be read."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as file:
            data = file.read(_LARGEST + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except (OSError, ValueError):
        return ""
    if len(data) > _LARGEST:
        raise _refused(path, f"it has more than {_LARGEST >> 20} MiB")
    return os.fsdecode(data)


def _refused(place: Path, sentence: str) -> GitcorpusError:
    hint = "clone the repository anew, and name that"
    return GitcorpusError("not-a-repository", sentence, place=str(place), hint=hint)
