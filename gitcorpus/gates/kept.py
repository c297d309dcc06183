"""Specs that were loaded, kept in a repository's cache for the next process: to read them again takes far less time.

What is kept is made of values of the model and of parsed specs alone, as pickle writes them. Pickle may be made to run
anything, so nothing is unpickled but what bears a code made with a key that only this account has, and even then no
classes are looked up but theirs. The key of an entry is a digest of all that it was made from, this program included,
so an entry never changes, and one of another version is not found.
"""

import hashlib
import io
import pickle
import sys
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from gitcorpus.cache import Cache
from gitcorpus.canon import canonical, digest_bytes
from gitcorpus.derived import CODE_SIZE, code_of
from gitcorpus.model.place import Oid
from gitcorpus.model.view import SpecFile
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.document import Document, parse_document

TOPIC: Final = "specs"
MOST_BYTES: Final = 256 << 20
"""Of one entry, unpacked; more is made anew each time."""
_PACKAGE: Final = Path(__file__).parents[1]
_MAKES: Final = ("spec", "model", "gates", "flows")
"""The rooms whose code says what is made of the same files."""
_WORTH: Final = 2 << 10
"""Bytes of a spec file from which it is kept by itself; a smaller one is parsed in some milliseconds."""
_ROOMS: Final = ("gitcorpus.model.", "gitcorpus.spec.nodes.", "gitcorpus.spec.document.")
_PLAIN: Final = frozenset({("datetime", "date"), ("fractions", "Fraction"), ("types", "MappingProxyType")})


class Kept:
    """What is kept in one repository."""

    def __init__(self, store: Cache, *, today: date, most: int = MOST_BYTES) -> None:
        """Take a cache, the day, and how many bytes an entry may have to be read."""
        self._store = store
        self._today = today
        self._most = most

    @classmethod
    def of(cls, git_dir: Path, *, today: date, most: int = MOST_BYTES) -> "Kept":
        """Return what this account has kept in a repository."""
        return cls(Cache.of(git_dir), today=today, most=most)

    def recall(self, key: bytes, commit: Oid | None = None) -> Any | None:
        """Return what was kept, with a commit in the place of the one that it was made at; or none."""
        sealed = self._store.known([key]).get(key)
        if sealed is None or len(sealed) > self._most:
            return None
        try:
            return _opened(key, sealed, commit)
        except (pickle.UnpicklingError, zlib.error, ValueError, TypeError, AttributeError, EOFError):
            self._store.forget([key])
            return None

    def keep(self, key: bytes, value: object, commit: Oid | None = None) -> None:
        """Keep a value; without a key of this account nothing is kept."""
        sealed = _sealed(key, value, commit)
        if sealed is not None:
            self._store.forget([key])  # it was not found, so what is there is of no use
            self._store.learn(TOPIC, {key: sealed}, today=self._today)

    def knows(self, key: bytes) -> bool:
        """Tell whether something is kept, without reading it."""
        return bool(self._store.holds([key]))

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()


class Parsing:
    """Parses spec files, each once: what was kept is known again, and so is what was parsed just now."""

    def __init__(self, kept: Kept | None) -> None:
        """Take what is kept; a push keeps nothing of what it brings, since it may be refused."""
        self._kept = kept
        self._parsed: dict[tuple[bytes, Oid], Document] = {}

    def __call__(self, data: bytes, path: str, file: SpecFile, *, commit: Oid | None = None) -> Document:
        """Return the document that a file holds."""
        if commit is None or file.commit != commit or len(data) < _WORTH:
            return parse_document(data, path, file, commit=commit)
        key = key_of(
            "document",
            *(each.encode("utf-8", "surrogateescape").hex() for each in (path, file.path)),
            digest_bytes(data),
        )
        found = self._parsed.get((key, commit))
        if found is None and self._kept is not None:
            found = self._kept.recall(key, commit)
        if found is None:
            found = parse_document(data, path, replace(file, commit=commit), commit=commit)
            self._parsed[key, commit] = found
        return found

    def keep(self) -> None:
        """Keep what was parsed and is not known yet; only for files that the policy branch holds."""
        if self._kept is None:
            return
        for (key, commit), document in self._parsed.items():
            if not self._kept.knows(key):
                self._kept.keep(key, document, commit)


def key_of(*parts: object) -> bytes:
    """Return the key of what some texts and this program make."""
    return hashlib.sha256(program() + canonical(_lists(parts))).digest()


@cache
def program() -> bytes:
    """Return a digest of what makes specs of files: our own code, what ships with it, and Python."""
    digest = hashlib.sha256(sys.version.encode())
    files = [path for room in _MAKES for path in sorted((_PACKAGE / room).glob("*.py"))]
    files += [path for name in ("specs", "schemas") for path in sorted(shipped_path(name).rglob("*.*"))]
    for path in files:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, commit: Oid | None) -> None:
        super().__init__(file, protocol=5)
        self._commit = commit

    def persistent_id(self, obj: object) -> str | None:
        return "commit" if obj is self._commit and obj is not None else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, commit: Oid | None) -> None:
        super().__init__(file)
        self._commit = commit

    def persistent_load(self, pid: object) -> Oid | None:
        del pid  # the commit is the only thing that is left out
        return self._commit

    def find_class(self, module: str, name: str) -> Any:
        of_ours = f"{module}.".startswith(_ROOMS) or (module, name) in _PLAIN
        found = super().find_class(module, name) if of_ours else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no class of the model or of parsed specs")
        return found


def _sealed(key: bytes, value: object, commit: Oid | None) -> bytes | None:
    file = io.BytesIO()
    _Pickler(file, commit).dump(value)
    if file.tell() > MOST_BYTES:
        return None
    packed = zlib.compress(file.getbuffer(), 1)
    code = code_of(key + packed)
    return code + packed if code is not None else None


def _opened(key: bytes, sealed: bytes, commit: Oid | None) -> Any | None:
    """Return a value if its code is this account's.

    Raises:
        ValueError: if it is not.
    """
    code, packed = sealed[:CODE_SIZE], sealed[CODE_SIZE:]
    if code_of(key + packed) != code:
        raise ValueError("it is not of this account")
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(packed, MOST_BYTES)
    return _Unpickler(io.BytesIO(data), commit).load()


def _lists(parts: Iterable[object]) -> list[Any]:
    return [_lists(part) if isinstance(part, tuple) else part for part in parts]
