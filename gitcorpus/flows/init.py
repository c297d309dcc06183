"""Writes a corpus to start from: commented specs, a first task, an agreement and a read-me.

The files are templates under `specs/init/`, in which `{corpus}`, `{name}`, `{person}`, `{email}`, `{accounts}` and
`{today}` stand for what only the user knows. The schemas come along, so that an editor completes the specs.
Nothing that exists is written over.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from gitcorpus.canon import canonical
from gitcorpus.errors import GitcorpusError
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.schema import KINDS

_ADDRESS: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """The first contributor: who starts the corpus."""

    name: str
    email: str
    account: str | None = None
    """The account on this machine, by which a server on it names who pushes."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names by which servers know who pushes: the id, and the account on this machine."""
        return tuple(dict.fromkeys((self.person, *((self.account,) if self.account else ()))))

    @property
    def person(self) -> str:
        """The contributor's id, made from the address: `ada` for `ada@corpus.example`."""
        return _slug(self.email.partition("@")[0]) or "lead"


def init_corpus(directory: Path, founder: Founder, *, today: date) -> tuple[str, ...]:
    """Write a corpus into an empty folder, or a repository without files, and return the paths written.

    Raises:
        GitcorpusError: init-no-address, if nobody said who starts it; folder-not-empty, with the first
            file in the way; folder-not-writable.
    """
    if not _ADDRESS.fullmatch(founder.email):
        hint = "give --email, or tell git: git config --global user.email you@example.org"
        said = f"`{founder.email}` is no address" if founder.email else "git knows no address of yours"
        raise GitcorpusError("init-no-address", f"nobody said whose corpus it is: {said}", hint=hint)
    files = _files(directory, founder, today)
    try:
        _refuse_to_overwrite(directory, files)
        for path, data in files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(data)
    except OSError as error:
        sentence = f"it cannot be written: {error.strerror}"
        raise GitcorpusError("folder-not-writable", sentence, place=str(error.filename)) from error
    return tuple(files)


def _refuse_to_overwrite(directory: Path, files: Mapping[str, bytes]) -> None:
    found = sorted(path.name for path in directory.iterdir()) if directory.exists() else []
    in_the_way = [path for path in files if (directory / path).exists()] + [n for n in found if n != ".git"]
    if in_the_way:
        sentence = "it exists already, and a new corpus begins with an empty folder"
        hint = "name another folder, or see docs/guide/existing-repository.md"
        place = str(directory / in_the_way[0])
        raise GitcorpusError("folder-not-empty", sentence, place=place, hint=hint)


def _files(directory: Path, founder: Founder, today: date) -> dict[str, bytes]:
    words = {
        "{corpus}": _slug(directory.resolve().name) or "corpus",
        "{name}": " ".join(founder.name.split()) or founder.person,
        "{person}": founder.person,
        "{email}": canonical(founder.email).decode(),
        "{accounts}": ", ".join(canonical(name).decode() for name in founder.accounts),
        "{today}": today.isoformat(),
    }
    root = shipped_path("specs", "init")
    files = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        files[path.relative_to(root).as_posix()] = _fill(path.read_text(encoding="utf-8"), words).encode()
    for schema in (f"{kind.lower()}.schema.json" for kind in KINDS):
        text = json.dumps(
            json.loads(shipped_path("schemas", schema).read_bytes()), indent=2, ensure_ascii=False
        )
        files[f"specs/.schemas/{schema}"] = f"{text}\n".encode()
    return files


def _fill(text: str, words: Mapping[str, str]) -> str:
    """Put each word in its place at once, so that no word is looked for in another."""
    pattern = "|".join(re.escape(word) for word in words)
    return re.sub(pattern, lambda found: words[found[0]], text)


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:100]
