"""The hook files: what stands in them, which of them are ours, and where hooks that were there before go.

A hook of ours is a few lines of shell with absolute paths. A hook that git ran before moves to
`hooks/NAME.d/50-before-gitcorpus`, where ours runs it, and any other executable file in that folder: before gitcorpus
judges, and after it has seen that references moved or may move.
"""

import os
import shlex
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.durable import sync_path
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.server import Flavour, Server
from gitcorpus.server.flavours import terms_of

ORDINARY: Final = ("pre-receive", "post-receive", "reference-transaction")
PARKING: Final = "proc-receive"
NAMES: Final = (*ORDINARY, PARKING)
"""Every hook that may be ours."""
MARK: Final = "# This hook belongs to gitcorpus"
BEFORE: Final = "50-before-gitcorpus"

_WATCHED: Final = """\
if [ ! -d hooks/post-receive.d ] && read -r how _ 2>/dev/null <"gitcorpus/tickets/$PPID" && [ "$how" = watched ]; then
	exit 0 # the gatekeeper sees for itself what has moved
fi
"""
_AMONG: Final = """\
: "${GIT_QUARANTINE_PATH=${GIT_OBJECT_DIRECTORY:-}}" # which GitLab does not pass on
export GIT_QUARANTINE_PATH
"""
_WEB: Final = """\
if [ "$GL_PROTOCOL" = web ]; then # GitLab's pages show no other lines
	said=$(%s 2>&1) && exit 0
	code=$?
	printf '%%s\\n' "$said" | sed 's/^/GL-HOOK-ERR: /' >&2
	exit $code
fi
"""
_WAITING: Final = """\
left=10 # an upgrade takes the file away for a moment
until [ -r %s ]; do
	if [ $left -eq 0 ]; then
		echo "gitcorpus is not where it was installed, so nothing can be judged; it is not your fault" >&2
		echo "  hint: an administrator runs \\`gitcorpus server install\\` on the server" >&2
		exit 3
	fi
	left=$((left - 1))
	sleep 1
done
"""
ASKING: Final = "gitcorpus/asking"
"""The compiled program that asks the gatekeeper, where there is one; it starts the hook again if it has no answer."""
_ASKING: Final = f"""\
[ $# -gt 0 ] || [ ! -x {ASKING} ] || exec {ASKING} {{socket}} pre-receive "$0"
"""
_HALF: Final = """
echo "gitcorpus: the second lock did not come to its end, so nothing moves" >&2
exit 1
"""
"""Follows the second lock, which ends by itself: half a file of it lets nothing through."""
_PREPARED: Final = """\
[ "$1" = prepared ] || [ -d hooks/reference-transaction.d ] || exit 0 # what has moved has moved
"""


class Program(NamedTuple):
    """The gitcorpus that is being installed: its interpreter, the folder of its hook scripts, its version."""

    python: str
    scripts: Path
    version: str
    socket: str = ""
    """Where the gatekeeper listens; empty if every hook judges in its own process."""
    flavour: Flavour = Flavour.PLAIN

    def judge(self, *words: str) -> str:
        """Return the shell command that starts `judge.py`, isolated from the caller's Python settings."""
        return shlex.join([self.python, "-I", "-X", "utf8", str(self.scripts / "judge.py"), *words])

    def entry(self, *words: str) -> str:
        """Return the shell command that asks the gatekeeper; it needs no packages, so it does not look for any."""
        return shlex.join(
            [self.python, "-I", "-S", "-X", "utf8", str(self.scripts / "entry.py"), self.socket, *words]
        )

    def waiting(self, script: str) -> str:
        """Return the lines of shell that wait until a script is there, for a bounded time."""
        return _WAITING % shlex.quote(str(self.scripts / script))

    def serving(self, server: Server) -> "Program":
        """Return the program as a server's file wants it."""
        return self._replace(
            python=server.python or self.python,
            socket=server.socket if server.gatekeeper else "",
            flavour=server.flavour,
        )


def hook_text(program: Program, name: str) -> bytes:
    """Return the text of an installed hook."""
    match name:
        case _ if not program.flavour.owns_hooks:
            body = _among(program, name)
        case "pre-receive":
            asks = _ASKING.format(socket=shlex.quote(program.socket)) if program.socket else ""
            begins = program.waiting("entry.py" if program.socket else "judge.py")
            command = f'{program.entry(name)} "$@"' if program.socket else program.judge(name)
            body = f"{asks}{begins}exec {command}\n"
        case "post-receive":
            body = f"{_WATCHED}{program.waiting('judge.py')}exec {program.judge(name)}\n"
        case "proc-receive":
            parking = shlex.join([program.python, "-I", "-S", str(program.scripts / "parking.py")])
            body = f"{program.waiting('parking.py')}exec {parking}\n"
        case _:
            lock = shlex.quote(str(program.scripts / "second-lock.sh"))
            body = f"{_PREPARED}{program.waiting('second-lock.sh')}. {lock}{_HALF}"
    return os.fsencode(f"#!/bin/sh\n{MARK}; `gitcorpus server doctor` compares it.\n{body}")


def _among(program: Program, name: str) -> str:
    """Return what a hook does that a server runs among others: those are not ours to run."""
    asks = program.socket and name == "pre-receive"
    begins = program.waiting("entry.py" if asks else "judge.py")
    command = program.entry(name, "alone") if asks else program.judge(name, "alone")
    web = _WEB % command if program.flavour is Flavour.GITLAB and name == "pre-receive" else ""
    return f"{_AMONG}{begins}{web}exec {command}\n"


def hook_names(server: Server | None) -> tuple[str, ...]:
    """Return the hooks that a server's file asks for."""
    if server is not None and not server.flavour.owns_hooks:
        return tuple(terms_of(server.flavour).places)
    return NAMES if server is not None and server.slow_lane else ORDINARY


def hook_path(git_dir: Path, name: str, flavour: Flavour = Flavour.PLAIN) -> Path:
    """Return where git, or the server that the repository stands in, looks for a hook."""
    return git_dir / terms_of(flavour).place(name)


def chain_folder(git_dir: Path, name: str) -> Path:
    """Return the folder of the hooks that run before ours."""
    return git_dir / "hooks" / f"{name}.d"


def is_there(path: Path) -> bool:
    """Tell whether anything has that name, a broken link included."""
    return path.exists() or path.is_symlink()


def is_ours(path: Path) -> bool:
    """Tell whether gitcorpus wrote a hook file."""
    return path.is_file() and not path.is_symlink() and MARK.encode() in path.read_bytes()[:400]


def silent_hooks(git_dir: Path) -> tuple[Path, ...]:
    """Return the files among the hooks of others that do not run, since they are not executable."""
    folders = [chain_folder(git_dir, name) for name in NAMES]
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    return tuple(path for path in files if path.is_file() and not os.access(path, os.X_OK))


def refuse_managed(git_dir: Path, *, installed: bool) -> None:
    """Refuse where hooks that gitcorpus did not put there stand in the folder that ours would run.

    Raises:
        GitcorpusError: hooks-managed.
    """
    for name in NAMES:
        path, folder = hook_path(git_dir, name), chain_folder(git_dir, name)
        is_taken = _is_foreign(path) and is_there(folder / BEFORE) and not _same(path, folder / BEFORE)
        if is_taken or (not installed and folder.is_dir() and any(folder.iterdir())):
            raise GitcorpusError(
                "hooks-managed",
                f"there are hooks already where gitcorpus keeps the ones that run before hooks/{name}",
                place=str(folder),
                hint=f"rename the folder, and say so in hooks/{name} if that runs them",
            )


def place_hook(git_dir: Path, name: str, text: bytes) -> list[str]:
    """Put our hook in its place, keep one that was there, and return what was done.

    At no moment is there no hook at all: ours replaces the other one in one step.
    """
    path, done = hook_path(git_dir, name), []
    if _is_foreign(path):
        _carry(path, chain_folder(git_dir, name) / BEFORE)
        done.append(f"kept hooks/{name} as hooks/{name}.d/{BEFORE}, which runs first")
    if not is_ours(path) or path.read_bytes() != text or not os.access(path, os.X_OK):
        write_whole(path, text, mode=0o755)
        done.append(f"wrote hooks/{name}")
    return done


def place_among(path: Path, text: bytes) -> list[str]:
    """Put our hook among those that a server runs, and return what was done.

    Raises:
        GitcorpusError: hooks-managed.
    """
    if _is_foreign(path):
        sentence = "this is where gitcorpus' hook goes, and it is not gitcorpus'"
        raise GitcorpusError(
            "hooks-managed", sentence, place=str(path), hint="rename it: the server runs it as well"
        )
    if is_ours(path) and path.read_bytes() == text and os.access(path, os.X_OK):
        return []
    write_whole(path, text, mode=0o755)
    return [f"wrote {path.parent.parent.name}/{path.parent.name}/{path.name}"]


def remove_among(path: Path) -> list[str]:
    """Take our hook away from those that a server runs, and return what was done."""
    if not is_ours(path):
        return []
    path.unlink()
    return [f"removed {path.parent.parent.name}/{path.parent.name}/{path.name}"]


def remove_hook(git_dir: Path, name: str) -> list[str]:
    """Take our hook away, put back the one that was there, and return what was done."""
    path, folder = hook_path(git_dir, name), chain_folder(git_dir, name)
    if _is_foreign(path):
        return [f"left hooks/{name} alone: gitcorpus did not write it"]
    if is_there(folder / BEFORE):
        _carry(folder / BEFORE, path)
        (folder / BEFORE).unlink()
        done = [f"put back the hook that was hooks/{name} before"]
    elif is_there(path):
        path.unlink()
        done = [f"removed hooks/{name}"]
    else:
        done = []
    if folder.is_dir() and any(folder.iterdir()):
        done.append(f"left hooks/{name}.d alone: what is in it does not run any more")
    elif folder.is_dir():
        folder.rmdir()
    return done


def write_whole(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file so that it is there as a whole or not at all, and see it to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        part.chmod(mode)
        os.fsync(file.fileno())
    part.replace(path)
    sync_path(path.parent)


def _is_foreign(path: Path) -> bool:
    return is_there(path) and not is_ours(path)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _carry(source: Path, target: Path) -> None:
    """Make a second name for a hook; a relative link is written anew, so that it leads where it led."""
    target.parent.mkdir(exist_ok=True)
    if _same(source, target):
        return
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    if source.is_symlink() and not source.readlink().is_absolute():
        leads_to = os.path.normpath(source.parent / source.readlink())
        part.symlink_to(os.path.relpath(leads_to, target.parent))
    else:
        os.link(source, part, follow_symlinks=False)
    part.replace(target)
    sync_path(target.parent)
