"""Everything declared under `specs/` at one commit, loaded and linked."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from gitcorpus.model.contributors import Contributors
from gitcorpus.model.corpus import Corpus
from gitcorpus.model.curriculum import Curriculum, Task, Technique, Unit
from gitcorpus.model.declaration import Declaration, Waiver
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.rules import RulePack
from gitcorpus.model.secret import SecretPack
from gitcorpus.model.view import ReleaseSpec, View

TAGS: Final = "refs/tags/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A corpus, its curricula with discovered tasks filled in, gates, people, views and releases."""

    corpus: Corpus
    curricula: tuple[Curriculum, ...]
    gates: tuple[Declaration, ...]
    contributors: Contributors
    views: tuple[View, ...]
    releases: tuple[ReleaseSpec, ...]
    waivers: tuple[Waiver, ...]
    rules: tuple[RulePack, ...]
    """The corpus's own packs."""
    secret_rules: tuple[SecretPack, ...]
    """The corpus's own packs of secrets."""
    digest: Digest
    """Over (path, bytes) of every spec file, ready specs that are taken over included."""
    commit: Oid | None
    """Where the specs were read; none when they came from outside the repository."""

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units in the order of their files and places."""
        return tuple(unit for curriculum in self.curricula for unit in curriculum.units)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks, unit by unit."""
        return tuple(task for unit in self.units for task in unit.tasks)

    @property
    def techniques(self) -> tuple[Technique, ...]:
        """All declared techniques."""
        return tuple(technique for curriculum in self.curricula for technique in curriculum.techniques)

    def releases_of(self, tag: str) -> tuple[ReleaseSpec, ...]:
        """Return the release specs that compile a tag of this name; specs that link have at most one."""
        return tuple(release for release in self.releases if fnmatchcase(tag, release.tags))

    def protects(self, ref: str) -> bool:
        """Tell whether a full ref name is protected: declared so, or a tag that a release spec compiles."""
        if ref.startswith(TAGS) and self.releases_of(ref.removeprefix(TAGS)):
            return True
        return any(fnmatchcase(ref, pattern) for pattern in self.corpus.protected)
