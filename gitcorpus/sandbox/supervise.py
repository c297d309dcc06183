"""The process between gitcorpus and a program: it confines the program, and sees to it that nothing of it is left.

gitcorpus starts this file as a program of its own, and so never runs code between a fork and a program in a process
that has threads. It starts anew for each run, and therefore uses little of the standard library. Every process that
the program leaves behind, in whatever session, becomes a child of this one, and is killed before it says how the
program ended. It stops the program when its time is up, when all its processes together take too much and no control
group counts them, when gitcorpus asks it to, and when gitcorpus is gone: then it also removes what gitcorpus made.
"""

# What `signal` adds to `_signal` takes as long to load as all the rest.
import _signal as signal  # type: ignore[import-not-found]
import ctypes
import fcntl
import os
import resource
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PARENT_DEATH_SIGNAL = 1
DUMPABLE = 4
CHILD_SUBREAPER = 36
NO_NEW_PRIVILEGES = 38
"""Numbers of `prctl`, see prctl(2)."""

GRACE = 4.0
"""Seconds in which processes that were killed must be gone."""

TICK = 0.02
"""Seconds between two looks at what a tool takes, where the kernel does not count for us."""
SHARE = 20
"""Of its time, the watch may take one part in so many."""
FOLDER = "gitcorpus-tool-"
"""How the folder of a run is named; nothing else is ever removed."""
IN_MEMORY = ("/job", "/tmp", "/dev/shm")  # noqa: S108 - of the room
"""File systems of a room that are in memory; no host has a folder of the first name."""
ROOM_DEPTH = 3
"""Of so many processes below this one, one at least is in the room: bubblewrap, its first process, the script."""
FILE_COST = 1024
"""Bytes of the kernel's own that a file in memory takes, be it empty."""


class Order:
    """What gitcorpus wants, a line each: a name, an equals sign, a value; a limit has a name of its own."""

    def __init__(self, text: str) -> None:
        self.answer, self.parent, self.seconds = -1, -1, 0.0
        self.hands: list[int] = []
        self.doors: list[str] = []
        self.watch: dict[str, int] = {}
        self.limits: dict[str, int] = {}
        for line in text.splitlines():
            name, _, value = line.partition("=")
            self._take(name, value)

    def _take(self, name: str, value: str) -> None:
        kind, _, which = name.partition(".")
        if kind == "limit":
            self.limits[which] = int(value)
        elif kind == "watch":
            self.watch[which] = int(value)
        elif kind == "door":
            self.doors.append(value)
        elif kind == "hand":
            self.hands.append(int(value))
        elif kind == "seconds":
            self.seconds = float(value)
        else:
            setattr(self, kind, int(value))


class _StoppedError(Exception):
    """The tool must end now; the argument is the signal that says so."""


def main() -> None:
    """Run one tool under the order that the first argument holds, and write how it ended."""
    order = Order(sys.argv[1])
    for hand in (order.answer, *order.hands):
        os.set_inheritable(hand, False)
    folder = os.path.dirname(os.getcwd())
    _control(PARENT_DEATH_SIGNAL, signal.SIGTERM)
    _control(CHILD_SUBREAPER, 1)
    _control(DUMPABLE, 0)
    if os.getppid() != order.parent:
        _clear(folder, order.doors)
        return
    try:
        _heed(_stop)
        signal.setitimer(signal.ITIMER_REAL, order.seconds)
        ending = _wait(_start(sys.argv[2:], order), order.watch)
        _heed(signal.SIG_IGN)
    except _StoppedError as stopped:
        ending = ("out-of-time" if stopped.args[0] == signal.SIGALRM else "stopped", 0)
    _end_all()
    if os.getppid() == order.parent:
        _answer(order, *ending)
    else:
        _clear(folder, order.doors)


def _stop(number: int, _: object) -> None:
    """Stop once: what is done afterwards is not interrupted."""
    _heed(signal.SIG_IGN)
    raise _StoppedError(number)


def _heed(how: object) -> None:
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, how)


def _clear(folder: str, doors: list[str]) -> None:
    """Remove what gitcorpus made for this run and cannot remove any more."""
    import shutil  # noqa: PLC0415 - nearly no run needs it

    os.chdir("/")
    if os.path.basename(folder).startswith(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    for door in doors:
        try:
            os.rmdir(os.path.dirname(door))
        except OSError:
            continue


def _answer(order: "Order", ending: str, code: int) -> None:
    os.write(order.answer, f"{ending} {code}\n".encode())


def _start(command: list[str], order: "Order") -> int:
    pid = os.fork()
    if pid == 0:
        try:
            order.answer = _moved(order.answer, 10)
            if not _entered(order):
                os._exit(127)
            _hand_over(order.hands)
            _confine(order.limits)
            os.execve(command[0], command, os.environ)  # noqa: S606 - no shell; gitcorpus made it all
        except OSError as error:
            _answer(order, "not-started", error.errno or 0)
        finally:
            os._exit(127)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(silent, stream)
    return pid


def _entered(order: "Order") -> bool:
    """Join the control groups that were made for this run; tell gitcorpus if that cannot be."""
    try:
        for door in order.doors:
            with open(door, "w", encoding="ascii") as file:
                file.write("0")
    except OSError as error:
        _answer(order, "not-joined", error.errno or 0)
        return False
    return True


def _hand_over(hands: list[int]) -> None:
    """Give the tool descriptors under the numbers that it knows, from 3 on, and no others."""
    above = [_moved(hand, 10) for hand in hands]
    for number, hand in enumerate(above, start=3):
        os.dup2(hand, number, inheritable=True)


def _moved(hand: int, least: int) -> int:
    """Return a copy of a descriptor with a number that is not wanted for another; it closes as the tool starts."""
    return fcntl.fcntl(hand, fcntl.F_DUPFD_CLOEXEC, least)


def _confine(limits: dict[str, int]) -> None:
    """Put this process into a session of its own, under limits that the kernel keeps."""
    os.setsid()
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _control(NO_NEW_PRIVILEGES, 1)
    _control(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    _offer()
    for name, wanted in limits.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(number, (most, most))


def _offer() -> None:
    """Let the kernel take this process first where the whole machine is short of memory."""
    _control(DUMPABLE, 1)  # or its files in /proc are the superuser's; a program's start does the same
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def _wait(pid: int, watch: dict[str, int]) -> tuple[str, int]:
    """Wait for the tool to end or to take too much, and bury what it left and what died meanwhile."""
    over = select.poll()
    handle = os.pidfd_open(pid)
    over.register(handle)
    tick = TICK
    while watch and not over.poll(1000 * tick):
        began = time.monotonic()
        passed = _passed(watch)
        if passed:
            return passed, 0
        tick = max(TICK, SHARE * (time.monotonic() - began))
    os.close(handle)
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return ("exited", code) if code >= 0 else ("killed", -code)


def _passed(watch: dict[str, int]) -> str:
    """Return which limit all processes together have passed, or nothing."""
    pids = list(_descendants(os.getpid()))
    tasks, memory = 0, _in_files(pids[:ROOM_DEPTH]) >> 10
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status", "rb") as file:
                told = file.read()
        except OSError:
            continue
        fields = dict(line.split(b":", 1) for line in told.splitlines() if b":" in line)
        tasks += int(fields.get(b"Threads", b"1"))
        memory += sum(int(fields.get(name, b"0 kB").split()[0]) for name in (b"RssAnon", b"RssShmem"))
    if tasks > watch["processes"]:
        return "too-many-processes"
    return "out-of-memory" if memory << 10 > watch["memory"] else ""


def _in_files(pids: "Sequence[int]") -> int:
    """Return the bytes that the files of the room take, since it has them in memory."""
    for pid in pids:
        try:
            told = [os.statvfs(f"/proc/{pid}/root{name}") for name in IN_MEMORY]
        except OSError:
            continue
        blocks = sum((each.f_blocks - each.f_bfree) * each.f_frsize for each in told)
        return blocks + FILE_COST * sum(each.f_files - each.f_ffree for each in told)
    return 0


def _descendants(top: int) -> "Iterator[int]":
    """Yield the processes below one, as each of them lists its children; far cheaper than a look at all."""
    waiting = [top]
    while waiting:
        pid = waiting.pop()
        try:
            found = _children(pid)
        except OSError:
            continue
        yield from found
        waiting += found


def _children(pid: int) -> list[int]:
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            found += [int(child) for child in file.read().split()]
    return found


def _end_all() -> None:
    """Kill every process below this one, again and again until none is left."""
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        for pid in list(_descendants(os.getpid())) or _below(os.getpid()):
            _kill(pid)
        time.sleep(0.0005)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return


def _below(top: int) -> "Iterator[int]":
    """Yield all processes below one, from a look at all there are: not every kernel lists children."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            children.setdefault(_parent_of(name), []).append(int(name))
    waiting = [top]
    while waiting:
        found = children.pop(waiting.pop(), [])
        yield from found
        waiting += found


def _parent_of(process: str) -> int:
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            told = file.read()
    except OSError:
        return -1
    return int(told.rpartition(b")")[2].split()[1])


def _control(option: int, value: int) -> None:
    """Call prctl(2), which Python has no name for."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    main()
    os._exit(0)  # there is nothing to tidy up, which would take some milliseconds
