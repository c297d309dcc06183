"""The hook that parks: git asks it where pushed references go, and it sends those of a parked push aside.

git runs it as proc-receive for every reference, after pre-receive (githooks(5)). A push that was judged to its end
falls through to what git does by itself. What a parked one brought is set aside already, so no reference is made of it.
Here it is noted that git has handed over the whole push, and the client is shown a name below
`refs/gitcorpus/pending/`. Standard library only.
"""

import os
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
    number, moves = ticket()
    parked = [f"{old} {new} {ref}" in moves for old, new, ref in commands]
    arrived = any(parked) and note_arrival(number)
    for (_, new, ref), is_parked in zip(commands, parked, strict=True):
        for line in answer(ref, new, arrived=arrived) if is_parked else (f"ok {ref}", "option fall-through"):
            send(line.encode("utf-8", "surrogateescape"))
    flush()


def answer(ref: str, new: str, *, arrived: bool) -> Iterator[str]:
    """Say what became of a reference of a parked push."""
    if not arrived:
        yield f"ng {ref} it could not be parked; push again"
        return
    yield from (
        f"ok {ref}",
        f"option refname {PENDING}{new}",
        f"option old-oid {NOTHING}",
        f"option new-oid {new}",
    )


def note_arrival(number: str) -> bool:
    """Note in the folder of a parked push that git has handed over all of it; tell whether that is on the disk."""
    try:
        descriptor = os.open(f"gitcorpus/aside/parked/{number}/arrived", os.O_WRONLY | os.O_CREAT, 0o600)
        os.fsync(descriptor)
        os.close(descriptor)
    except OSError:
        return False
    return True


def ticket() -> tuple[str, set[str]]:
    """Return the id of this push, and the moves that its ticket says are parked; none if there is no such ticket."""
    parent = os.getppid()
    try:
        text = Path(f"gitcorpus/tickets/{parent}").read_bytes().decode("utf-8", "surrogateescape")
        stat = Path(f"/proc/{parent}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", set()
    lines = text.splitlines()
    started = stat.rpartition(")")[2].split()[19]
    if not lines or lines[0].split()[1:2] != [started]:  # the number was another process's once
        return "", set()
    verdicts = [line.removeprefix("verdict sha256:")[:12] for line in lines if line.startswith("verdict ")]
    moves = {line.removeprefix("park ") for line in lines if line.startswith("park ")}
    return "".join(verdicts), moves


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
