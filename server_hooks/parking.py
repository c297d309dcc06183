"""The hook that parks: git asks it where pushed references go, and it sends those of a parked push aside.

git runs it as proc-receive for every reference, after the push's objects are in the repository (githooks(5)). A push
that was judged to its end falls through to what git does by itself. One that was parked makes references below
`refs/gitcorpus/pending/` instead, which keep its objects; the client shows them. Standard library only.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NOTHING = "0" * 40
PENDING = "refs/gitcorpus/pending/"


def main() -> None:
    """Speak git's protocol: what the ticket says of a reference decides where it goes."""
    capabilities = b"".join(packets()).partition(b"\0")[2].split()
    offered = [name for name in (b"push-options", b"atomic") if name in capabilities]
    send(b"version=1\0" + b" ".join(offered))
    flush()
    commands = [line.decode("utf-8", "surrogateescape").rstrip("\n").split(" ", 2) for line in packets()]
    if b"push-options" in offered:
        list(packets())
    parked = parked_moves()
    for old, new, ref in commands:
        for line in (
            answer(ref, new) if f"{old} {new} {ref}" in parked else (f"ok {ref}", "option fall-through")
        ):
            send(line.encode("utf-8", "surrogateescape"))
    flush()


def answer(ref: str, new: str) -> Iterator[str]:
    """Keep a parked push's objects, and say where they are."""
    pending = PENDING + new
    command = ["git", "update-ref", pending, new]  # git itself put its folder in front of the PATH
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        yield f"ng {ref} it could not be parked; push again"
        return
    yield from (
        f"ok {ref}",
        f"option refname {pending}",
        f"option old-oid {NOTHING}",
        f"option new-oid {new}",
    )


def parked_moves() -> set[str]:
    """Return what the ticket of this push says is parked."""
    try:
        text = Path(f"gitcorpus/tickets/{os.getppid()}").read_bytes()
    except OSError:
        return set()
    lines = text.decode("utf-8", "surrogateescape").splitlines()
    return {line.removeprefix("park ") for line in lines if line.startswith("park ")}


def packets() -> Iterator[bytes]:
    """Yield the packets up to a flush (gitprotocol-common(5))."""
    while size := int(sys.stdin.buffer.read(4), 16):
        yield sys.stdin.buffer.read(size - 4)


def send(line: bytes) -> None:
    """Write one packet."""
    sys.stdout.buffer.write(b"%04x" % (len(line) + 4) + line)


def flush() -> None:
    """End a section."""
    sys.stdout.buffer.write(b"0000")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
