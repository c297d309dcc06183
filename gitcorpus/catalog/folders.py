"""What the folders of tasks hold: known from earlier releases as long as neither the folder nor its task changes.

So the tree of a large corpus is looked at as deep as its tasks, and only what changed is located and measured again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

import orjson

from gitcorpus.cache import Cache
from gitcorpus.model.corpus import Role
from gitcorpus.model.place import Oid
from gitcorpus.model.record import ContentFile, Omission, Reason
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import TREE, TreeEntry
from gitcorpus.spec.patterns import PathPattern

TOPIC: Final = "folders"
_ROLE: Final = ContentFile._fields.index("role")


class Held(NamedTuple):
    """What becomes of the files of some folders."""

    files: Sequence[ContentFile]
    omissions: Sequence[Omission]


Read = Callable[[Iterable[TreeEntry]], Held]
"""Locates and measures files."""


class KnownFolders:
    """Folders of tasks by what they hold; each is read once."""

    def __init__(self, spec: Spec, ground: bytes, cache: Cache, today: date) -> None:
        """Take what everything leans on.

        Args:
            spec: its tasks and its layout.
            ground: a digest of the layout and of what the release takes.
            cache: where folders are kept.
            today: is written beside what is new.
        """
        self._patterns = tuple(map(PathPattern, spec.corpus.layout.solutions))
        self._tasks = {task.id: task for task in spec.tasks}
        self._units = {unit.id for unit in spec.units}
        self._ground = ground
        self._cache = cache
        self._today = today

    @property
    def depth(self) -> int:
        """How deep the folders of tasks stand; 0 if they do not all stand at one depth."""
        depths = {pattern.task_depth for pattern in self._patterns}
        return depths.pop() if len(depths) == 1 else 0

    def held(
        self,
        cut: Iterable[TreeEntry],
        below: Callable[[Sequence[str]], Mapping[str, Sequence[TreeEntry]]],
        read: Read,
    ) -> Iterator[Held]:
        """Yield what becomes of all files of a tree.

        Args:
            cut: the tree, cut at the depth.
            below: returns the files of folders by their paths.
            read: locates and measures files.
        """
        entries = list(cut)
        yield read(entry for entry in entries if entry.mode != TREE)
        named = {entry.path: self._name(entry.path, entry.oid) for entry in entries if entry.mode == TREE}
        known = self._cache.known(named.values())
        for name in known.values():
            yield _parsed(name)
        fresh: dict[bytes, bytes] = {}
        for path, inside in below([path for path, name in named.items() if name not in known]).items():
            found = read(inside)
            yield found
            if not any(each.reason is Reason.NOT_UTF8 for each in found.omissions):  # which no JSON can hold
                fresh[named[path]] = _dumped(found)
        self._cache.learn(TOPIC, fresh, today=self._today)

    def _name(self, path: str, oid: Oid) -> bytes:
        """Return a digest of what a folder holds and of the task that it is for, if there is one."""
        abouts = [self._about(pattern, path) for pattern in self._patterns]
        said = f"{path}\0{oid}\0{abouts}".encode("utf-8", "surrogateescape")
        return hashlib.sha256(self._ground + said).digest()

    def _about(self, pattern: PathPattern, path: str) -> tuple[object, ...]:
        names = pattern.names(path)
        if names is None:
            return ()
        task, unit = self._tasks.get(names["task"]), names.get("unit")
        return (unit, unit in self._units, *((task.id, task.unit, task.languages) if task else ()))


def _dumped(held: Held) -> bytes:
    omissions = [[each.key, each.reason, each.detail] for each in held.omissions]
    return orjson.dumps([[list(file) for file in held.files], omissions])


def _parsed(data: bytes) -> Held:
    files, omissions = orjson.loads(data)
    for file in files:
        file[_ROLE] = _ROLES[file[_ROLE]]
    return Held(
        [ContentFile._make(file) for file in files],
        [
            Omission(view="", key=key, reason=Reason(reason), detail=detail)
            for key, reason, detail in omissions
        ],
    )


_ROLES: Final = {role.value: role for role in Role}
