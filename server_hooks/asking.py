"""Asks the warm gatekeeper on behalf of a hook, and starts one if there is none.

Standard library only, and little of it, since every push waits for this: `posix` is what `os` is made of, and loads in
no time. A request is a netstring of netstrings: the protocol, the hook's name, the directory, the environment, standard
input. Answers are netstrings whose first byte says what they are: `A` the push was taken, `L` text for the pusher, `X`
the exit code. Until the push was taken, `judge.py` may judge it in this place with the same verdict. After that only an
exit code ends it, and anything else refuses.
"""

import _socket
import posix
import sys

TYPE_CHECKING = False  # as typing has it, which would take longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator

PROTOCOL = b"1"
PATIENCE = 15.0
"""Most seconds until the gatekeeper takes the push; a cold start takes about one."""
SILENCE = 120.0
"""Most seconds without a word after that; the gatekeeper ends every push long before."""
REFUSED = 3
LARGEST = 255
"""The largest exit code: a process that ends with a larger one ends with another."""
BROKEN = "the process that judged it died, or took too long"
MOMENTS = 30
"""Most seconds that it waits for code which an upgrade is just putting there."""
HERE = __file__.rpartition("/")[0]
JUDGE = f"{HERE}/judge.py"


class NotTakenError(Exception):
    """No gatekeeper took the push, so that nobody has judged it."""


def main(address: str, name: str, how: str = "") -> int:
    """Run one hook and return its exit code.

    Args:
        address: where the gatekeeper listens.
        name: the hook.
        how: `alone`, where other hooks are not ours to run. From asking.c: `python`, where no gatekeeper took the push,
            and `broken`, where one did and gave no answer.
    """
    stdin = sys.stdin.buffer.read()
    if how == "broken":
        return in_process(name, stdin, f"broken {BROKEN}")
    if how != "alone" and is_there(f"hooks/{name}.d"):
        code = before(name, stdin)
        if code:
            return code
    try:
        answers = ask(address, name, stdin)
    except (OSError, NotTakenError, ValueError) as error:
        held = getattr(error, "held", "")
        return in_process(name, stdin, f"held {held}" if held else f"cold {error}")
    try:
        return listen(answers)
    except (OSError, ValueError) as error:
        return in_process(name, stdin, f"broken {error}")


def ask(address: str, name: str, stdin: bytes) -> "Iterator[bytes]":
    """Hand the push to the gatekeeper, and return its answers from the moment when it has taken it."""
    environ = b"".join(field(part) for pair in posix.environ.items() for part in pair)
    parts = (PROTOCOL, name.encode(), posix.getcwdb(), environ, stdin)
    connection = connect(address)
    connection.settimeout(PATIENCE)
    connection.sendall(field(b"".join(map(field, parts))))
    answers = frames(connection)
    if next(answers, None) != b"A":
        raise NotTakenError("it did not take the push")
    connection.settimeout(SILENCE)
    return answers


def listen(answers: "Iterator[bytes]") -> int:
    """Show what the gatekeeper says, and return the exit code with which it ends."""
    for answer in answers:
        kind, text = answer[:1], answer[1:]
        if kind == b"X" and text.isdigit() and int(text) <= LARGEST:
            return int(text)
        if kind == b"X":
            break
        if kind == b"L":
            show(text)
    raise ValueError(BROKEN)


def show(text: bytes) -> None:
    """Write to the pusher, who may have gone; that is no reason to think again."""
    try:
        sys.stderr.buffer.write(text)
        sys.stderr.buffer.flush()
    except OSError:
        pass


def connect(address: str) -> _socket.socket:
    """Return a connection to the gatekeeper of this account, which is started if there is none."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDTIMEO, seconds(PATIENCE))
    try:
        connection.connect(address)
    except BlockingIOError:  # only whoever is in the queue already is waited for
        raise NotTakenError("its queue stayed full") from None
    except OSError:
        import starting  # noqa: PLC0415 - seldom needed, and slow

        starting.start(address, JUDGE)
        connection.connect(address)
    uid = int.from_bytes(
        connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)[4:8], sys.byteorder
    )
    if uid not in (0, posix.geteuid()):  # systemd listens as root, for the gatekeeper that it starts
        raise NotTakenError(f"the gatekeeper belongs to account {uid}")
    return connection


def seconds(number: float) -> bytes:
    """Write seconds as a timeval: what limits how long one waits for a place in a socket's queue, unix(7)."""
    size = 8 if sys.maxsize > 1 << 32 else 4
    return int(number).to_bytes(size, sys.byteorder) + bytes(size)


def frames(connection: _socket.socket) -> "Iterator[bytes]":
    """Yield what comes in whole netstrings."""
    data = b""
    while True:
        size, colon, rest = data.partition(b":")
        if colon and len(rest) > int(size):
            if rest[int(size) : int(size) + 1] != b",":
                raise ValueError("it does not speak in netstrings")
            yield rest[: int(size)]
            data = rest[int(size) + 1 :]
            continue
        more = connection.recv(65536)
        if not more:
            return
        data += more


def field(data: bytes) -> bytes:
    """Write a netstring: nothing in it has to be escaped, and nothing can get out of it."""
    return b"%d:%s," % (len(data), data)


def before(name: str, stdin: bytes) -> int:
    """Run the hooks that were there before gitcorpus."""
    import judge  # noqa: PLC0415 - seldom needed, and slow

    return judge.guarded(name, judge.run_before, name, stdin)


def in_process(name: str, stdin: bytes, why: str) -> int:
    """Become `judge.py`, which judges in this process or says why nobody could."""
    descriptor = posix.memfd_create("push")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(stdin)
    posix.lseek(descriptor, 0, 0)
    posix.dup2(descriptor, 0)
    for _ in range(MOMENTS):
        if is_there(JUDGE):  # an upgrade takes it away for a moment
            break
        import time  # noqa: PLC0415 - seldom needed

        time.sleep(1)
    posix.execv(sys.executable, [sys.executable, "-I", "-X", "utf8", JUDGE, name, why])


def is_there(path: str) -> bool:
    """Tell whether there is anything of that name."""
    try:
        posix.stat(path)
    except OSError:
        return False
    return True
