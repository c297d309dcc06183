"""Everything declared under `specs/` at one commit, loaded and linked."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from gitcorpus.model.contributors import Contributors
from gitcorpus.model.corpus import Corpus
from gitcorpus.model.curriculum import Curriculum, Task, Technique, Unit
from gitcorpus.model.declaration import Declaration, Stage, Waiver
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.rules import RulePack
from gitcorpus.model.secret import SecretPack
from gitcorpus.model.view import ReleaseSpec, View

HEADS: Final = "refs/heads/"
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
        return tuple(release for release in self.releases if release.compiles(tag))

    def selecting(self, tag: str) -> tuple[ReleaseSpec, ...]:
        """Return the release specs that take only commits with such tags: `select: {commits: "tag:accepted/*"}`."""
        return tuple(
            release
            for release in self.releases
            if release.selection.commits and fnmatchcase(tag, release.selection.commits)
        )

    def requires(self, ref: str) -> Stage | None:
        """Return the stage that the releases of a ref require; none if it is no tag that a release spec compiles."""
        releases = self.releases_of(ref.removeprefix(TAGS)) if ref.startswith(TAGS) else ()
        stages = {release.requires for release in releases}
        return Stage.MERGE if Stage.MERGE in stages else next(iter(stages), None)

    def protects(self, ref: str) -> bool:
        """Tell whether a full ref name is protected: declared so, or a tag that a release spec names."""
        selects = ref.startswith(TAGS) and self.selecting(ref.removeprefix(TAGS))
        return self.declares_protected(ref) or self.requires(ref) is not None or bool(selects)

    def declares_protected(self, ref: str) -> bool:
        """Tell whether `protected:` names a full ref name."""
        return any(fnmatchcase(ref, pattern) for pattern in self.corpus.protected)

    def stage_of(self, ref: str) -> Stage:
        """Return the stage at which an update of a ref is judged; the policy branch is the caller's to know."""
        merges = self.declares_protected(ref) or self.requires(ref) is Stage.MERGE
        return Stage.MERGE if merges else Stage.PUSH
