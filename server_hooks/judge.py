"""Judges in its own process: what a hook does where no gatekeeper answers, or none is wanted.

First the hooks that were there before, then gitcorpus. Standard library only, until `judge` imports gitcorpus.
Whatever goes wrong, the push is refused: a gate that did not answer has not said yes.

    judge.py pre-receive|post-receive   as git's hook, in the repository's directory
    judge.py pre-receive WHY            after the other hooks have run, since no gatekeeper took the push
    judge.py pre-receive|post-receive alone     where a server runs the other hooks
    judge.py gatekeeper ADDRESS         is the gatekeeper; the listening socket is descriptor 3
    judge.py probe VERSION              tells whether this interpreter has that gitcorpus
"""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final

COULD_NOT_JUDGE: Final = 3
OUR_OWN: Final = b" refs/gitcorpus/"
"""What git shows of a parked push, whose objects are not in the repository yet."""
SORRY: Final = {
    "pre-receive": "gitcorpus could not judge this push, so it is refused; it is not your fault",
    "post-receive": "the push landed, but gitcorpus could not record it; nothing is lost",
}


def main(name: str = "", *words: str) -> int:
    """Run one hook and return its exit code."""
    if name == "probe":
        return probe(*words)
    if name == "gatekeeper":
        return gatekeeper(*words)
    stdin = sys.stdin.buffer.read()
    if words:  # the other hooks have run, or are not ours to run
        return judge(name, stdin, *words)
    if name == "post-receive":  # what landed is recorded first, and neither keeps the other from running
        code = guarded(name, judge, name, stdin)
        moved = b"".join(line for line in stdin.splitlines(keepends=True) if OUR_OWN not in line)
        return (guarded(name, run_before, name, moved) if moved else 0) or code
    return run_before(name, stdin) or judge(name, stdin)


def run_before(name: str, stdin: bytes) -> int:
    """Run the other hooks in the order of their names; return the exit code of the first that fails."""
    folder = Path("hooks", f"{name}.d")
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.name.startswith(".") and path.is_file() and os.access(path, os.X_OK):
            code = subprocess.run([str(path)], input=stdin, check=False).returncode
            if code:
                say(f"gitcorpus: the hook {path} ended with {code}")
                return code if code > 0 else 128 - code
    return 0


def judge(name: str, stdin: bytes, why: str = "") -> int:
    """Judge in this process, or say why nobody could."""
    done = (
        () if why or name != "pre-receive" else ("alone",)
    )  # the other hooks have run, and do not run again
    load("gitcorpus.cli.hook", f"gitcorpus.cli.{name.replace('-', '_')}", stdin=stdin, more=done)
    from gitcorpus.cli import hook  # noqa: PLC0415 - an import that fails must refuse, like everything else

    return hook.run(name, stdin, why)


def load(*modules: str, stdin: bytes | None = None, more: tuple[str, ...] = ()) -> None:
    """Import what this process needs; where that fails while an upgrade is on its way, begin anew a moment later."""
    try:
        for module in modules:
            import_module(module)
    except Exception:
        sys.path.insert(0, str(Path(__file__).parent))
        import again  # noqa: PLC0415 - seldom needed

        again.start(__file__, stdin=stdin, more=more)
        raise
    os.environ.pop("GITCORPUS_STARTED_AGAIN", None)


def gatekeeper(address: str) -> int:
    """Be the warm process that judges pushes."""
    load("gitcorpus.secrets.compiled")
    from gitcorpus.secrets import compiled  # noqa: PLC0415 - as above

    compiled.begin()  # beside all that follows
    load("gitcorpus.cli.gatekeeper")
    from gitcorpus.cli import gatekeeper  # noqa: PLC0415 - as above

    return gatekeeper.serve(address)


def probe(version: str) -> int:
    """Tell whether this interpreter can judge, with the version that `gitcorpus server doctor` has."""
    from importlib import metadata  # noqa: PLC0415 - a hook does not need it

    import_module("gitcorpus.cli.pre_receive")
    found = metadata.version("gitcorpus")
    if found != version:
        say(f"it has gitcorpus {found}")
    return int(found != version)


def guarded(name: str, step: Callable[..., int], *words: object) -> int:
    """Return an exit code whatever happens, and never 0 unless 0 was the answer."""
    try:
        code = step(*words)
    except BaseException as error:  # noqa: BLE001 - deny unless proven, whatever broke
        say(SORRY.get(name, "this is no hook of gitcorpus"))
        say("  hint: an administrator runs `gitcorpus server doctor` on the server")
        say(f"{type(error).__name__}: {error}")
        return COULD_NOT_JUDGE
    return code if type(code) is int else COULD_NOT_JUDGE


def say(line: str) -> None:
    """Tell the pusher something, who may have gone."""
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(guarded("".join(sys.argv[1:2]), main, *sys.argv[1:]))
