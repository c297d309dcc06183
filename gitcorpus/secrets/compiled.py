"""The engine's own rules, compiled. They take half a second to load, so whoever is sure to need them begins early.

Nothing here imports more than it must: loading begins before all else is imported, and goes on beside that.
"""

import os
import pwd
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any


def begin() -> None:
    """Begin to load, in a thread that ends with it; whoever begins waits by `rules` before it forks or ends."""
    _future()


def rules() -> Any:
    """Return the rules, as soon as they are loaded.

    Raises:
        ImportError: if the engine is not installed.
    """
    return _future().result()


def folder() -> Path | None:
    """Return the folder of this account's compiled rules; none if there can be none, so that every start is slow."""
    try:
        found = Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".cache" / "gitcorpus" / "secret-rules"
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, KeyError):
        return None
    return found


@cache
def _future() -> Future[Any]:
    future: Future[Any] = Future()

    def load() -> None:
        try:
            from kingfisher_sdk import Rules  # noqa: PLC0415 - only who looks for secrets needs it

            future.set_result(Rules(confidence="low", cache_dir=folder()))
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result is told
            future.set_exception(error)

    Thread(target=load).start()
    return future
