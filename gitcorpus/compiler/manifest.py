"""The sealed list of a release: what it was made from, by which tools, and every file with its digest."""

import platform
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any, NamedTuple

from gitcorpus.canon import canonical, digest_bytes
from gitcorpus.compiler.publish import file_digest, files_below
from gitcorpus.compiler.seal import SealedTable
from gitcorpus.compiler.verdicts import Backing
from gitcorpus.git.attribution.blame import Extent
from gitcorpus.git.command import git_version
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.record import Omission
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import Tag, moment_of
from gitcorpus.model.view import ReleaseSpec, View

FORMAT = "gitcorpus-release/2"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class SealedView(NamedTuple):
    """A view's files by split, and the JSON pointers of its text fields."""

    view: View
    fields: tuple[str, ...]
    splits: tuple[tuple[str, tuple[SealedTable, ...]], ...]

    @property
    def n_rows(self) -> int:
        """How many records there are."""
        return sum(table.rows for _, tables in self.splits for table in tables)


def render_manifest(  # noqa: PLR0913 - a manifest names everything that a release is made of
    folder: Path,
    *,
    spec: Spec,
    release: ReleaseSpec,
    tag: Tag,
    tree: str,
    backing: Backing | None,
    extent: Extent,
    views: Sequence[SealedView],
    tables: Sequence[SealedTable],
    omissions: Iterable[Omission],
    agreement: Mapping[str, Any] | None,
    authorship: Mapping[str, Mapping[str, int]],
    marks: Iterable[tuple[str, Oid]],
) -> dict[str, Any]:
    """Return the manifest of a folder whose data files are all written."""
    reasons = Counter(omission.reason.value for omission in omissions)
    return {
        "format": FORMAT,
        "name": spec.corpus.name,
        "version": release_version(tag.name),
        "release": release.name,
        "tag": tag.name,
        "commit": tag.commit,
        "tree": tree,
        "created_at": f"{moment_of(tag.seconds).isoformat()}Z",
        "license": release.license,
        "unverified": backing is None,
        "verdict": backing.digest if backing is not None else None,
        "judged": {"stage": backing.stage.value, "policy": backing.policy, "specs": backing.specs}
        if backing is not None
        else None,
        "specs": {
            "origin": "repository" if spec.commit else "external",
            "commit": spec.commit,
            "digest": spec.digest,
        },
        "origins": {"moved": extent.moved, "ignored": list(extent.ignored)},
        "views": [_view(view) for view in views],
        "tables": [_table(table) for table in tables],
        "omissions": dict(sorted(reasons.items())),
        "agreement": agreement,
        "authorship": {name: dict(counts) for name, counts in authorship.items()},
        "marks": [{"tag": name, "commit": commit} for name, commit in marks],
        "files": [
            {
                "path": name,
                "bytes": (folder / name).stat().st_size,
                "digest": f"sha256:{file_digest(folder / name)}",
            }
            for name in files_below(folder)
        ],
        "toolchain": toolchain(),
    }


@cache
def toolchain() -> dict[str, str]:
    """Return the versions of everything that shapes a release's bytes; grammars say where a fragment ends."""
    asked = (_NAME.match(each) for each in requires("gitcorpus") or ())
    grammars = {found[0] for found in asked if found and found[0].startswith("tree-sitter")}
    packages = ("duckdb", "gitcorpus", "jinja2", "orjson", "pyarrow", *sorted(grammars))
    python = ".".join(platform.python_version_tuple()[:2])
    return {**{name: version(name) for name in packages}, "git": git_version(), "python": python}


def release_version(tag: str) -> str:
    """Return a release's version: the last part of its tag's name."""
    return tag.rsplit("/", 1)[-1]


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> Digest:
    """Write `manifest.json` and return its digest."""
    data = canonical(manifest) + b"\n"
    (folder / "manifest.json").write_bytes(data)
    return digest_bytes(data)


def _view(sealed: SealedView) -> dict[str, Any]:
    return {
        "name": sealed.view.name,
        "format": sealed.view.format,
        "source": sealed.view.source,
        "text_fields": list(sealed.fields),
        "splits": [
            {
                "name": name,
                "rows": sum(table.rows for table in tables),
                "files": [_table(table) for table in tables],
            }
            for name, tables in sealed.splits
        ],
    }


def _table(table: SealedTable) -> dict[str, Any]:
    return {"path": table.path, "rows": table.rows, "ordered": table.ordered, "unordered": table.unordered}
