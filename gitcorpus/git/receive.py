"""What `git receive-pack` hands to its hooks, read into a push.

Whatever is not exactly what git writes stops the push: it did not come from git. The quarantine's path is
only carried along here; `Repo.open` proves that it lies within the repository.
"""

import re
from collections.abc import Iterator, Mapping

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.place import Oid
from gitcorpus.model.push import Push, RefUpdate

MOST_OPTIONS = 1000

_LINE = re.compile(rb"([0-9a-f]{40}(?:[0-9a-f]{24})?) ([0-9a-f]{40}(?:[0-9a-f]{24})?) (\S[^\n]*)")


def read_push(stdin: bytes, environ: Mapping[str, str], *, pusher: str | None) -> Push:
    """Return the push that a hook was started for.

    Raises:
        UnjudgedError: bad-hook-input, if the input or the push options are not as git writes them.
    """
    return Push(
        updates=parse_updates(stdin),
        options=tuple(_options(environ)),
        pusher=pusher,
        quarantine=environ.get("GIT_QUARANTINE_PATH") or None,
    )


def parse_updates(stdin: bytes) -> tuple[RefUpdate, ...]:
    """Return the ref updates of a hook's standard input, one a line.

    Raises:
        UnjudgedError: bad-hook-input, for anything but lines of two oids and a full ref name.
    """
    updates = []
    for line in stdin.removesuffix(b"\n").split(b"\n"):
        found = _LINE.fullmatch(line)
        if found is None or len(found[1]) != len(found[2]):
            raise _bad_input(f"the line {line[:200]!r} is not `OLD NEW REF`")
        old, new, ref = (part.decode("utf-8", "surrogateescape") for part in found.groups())
        updates.append(RefUpdate(ref=ref, old=Oid(old), new=Oid(new)))
    return tuple(updates)


def _options(environ: Mapping[str, str]) -> Iterator[str]:
    count = environ.get("GIT_PUSH_OPTION_COUNT", "0")
    if not re.fullmatch(r"[0-9]{1,4}", count) or int(count) > MOST_OPTIONS:
        raise _bad_input(f"GIT_PUSH_OPTION_COUNT is {count[:20]!r}")
    for number in range(int(count)):
        option = environ.get(f"GIT_PUSH_OPTION_{number}")
        if option is None:
            raise _bad_input(f"GIT_PUSH_OPTION_{number} is missing")
        yield option


def _bad_input(why: str) -> UnjudgedError:
    return UnjudgedError(
        "bad-hook-input",
        f"the hook's input is not what git writes: {why}",
        hint="hooks must be run by git itself: see `gitcorpus server doctor`",
    )
