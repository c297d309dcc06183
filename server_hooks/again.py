"""Starts a program anew after a moment, where code that it needs is not there or only half there: an upgrade.

It gives up once nothing has been installed for a while, or after half a minute; then the caller says what is missing,
which refuses the push. Nothing has been judged by then. Standard library only.
"""

import os
import sys
import sysconfig
import time
from contextlib import suppress

PATIENCE = 30
"""Most times that a program is started anew, a second apart."""
RECENT = 15
"""Seconds after which an installation that lacks something is broken, and not about to be finished."""
TIMES = "GITCORPUS_STARTED_AGAIN"


def start(*wanted: str, stdin: bytes | None = None, more: tuple[str, ...] = ()) -> None:
    """Start this process anew with the same arguments, or return where there is nothing to wait for.

    Args:
        wanted: files that must be there before it is worth while.
        stdin: what was read of the standard input and must be there again.
        more: arguments that are added.
    """
    times = os.environ.get(TIMES, "0")
    count = int(times) if times.isdecimal() else PATIENCE
    if count >= PATIENCE or not is_being_installed(*wanted):
        return
    time.sleep(1)
    os.environ[TIMES] = str(count + 1)
    if not all(map(os.path.exists, wanted)):
        start(*wanted, stdin=stdin, more=more)
        return
    if stdin is not None:
        hand_over(stdin)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:], *more])


def is_being_installed(*wanted: str) -> bool:
    """Tell whether packages are being installed, or were just now."""
    folders = {sysconfig.get_path("purelib"), *map(os.path.dirname, wanted)}
    ages = []
    for folder in folders:
        with suppress(OSError):
            ages.append(abs(time.time() - os.stat(folder).st_mtime))
    return len(ages) < len(folders) or min(ages) < RECENT


def hand_over(stdin: bytes) -> None:
    """Put bytes where the next program reads its standard input."""
    descriptor = os.memfd_create("push")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(stdin)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.dup2(descriptor, 0)
