"""Checks of what vouches for a release, and of what it promises of its splits."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from securesystemslib.signer._key import SSlibKey

from gitcorpus.compiler.attest import FOLDER, PROVENANCE, TEST_RESULT, opened
from gitcorpus.compiler.seal import ROW_GROUP
from gitcorpus.compiler.stored import rows_at
from gitcorpus.compiler.verdicts import backings
from gitcorpus.errors import GitcorpusError
from gitcorpus.inside import Inside
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import Oid
from gitcorpus.model.verdict import Outcome

_LARGEST: Final = 16 << 20
"""Most bytes of a statement."""
_WANTED: Final = {"provenance": PROVENANCE, "gates": TEST_RESULT}


def check_signatures(folder: Path, manifest: Mapping[str, Any], key: SSlibKey) -> Iterator[str]:
    """Open every envelope with a server's key, and compare what it is about with the release."""
    sealed = Inside(folder, "manifest.json").digest()
    for name, kind in _WANTED.items():
        path = f"{FOLDER}/{name}.intoto.jsonl"
        try:
            statement = opened(Inside(folder, path).read(_LARGEST), key)
        except FileNotFoundError:
            yield f"{path} is missing"
            continue
        except OSError as error:
            yield f"{path} cannot be read: {error}"
            continue
        except GitcorpusError as error:
            yield f"{path}: {error.sentence}"
            continue
        subjects = {str(each.get("name")): each.get("digest") for each in _mappings(statement.get("subject"))}
        if subjects.get("manifest.json") != {"sha256": sealed}:
            yield f"{path} is about another manifest.json"
        elif statement.get("predicateType") != kind:
            yield f"{path} states something else"
        elif name == "provenance" and _commit(statement) != manifest["commit"]:
            yield f"{path} names another commit"


def _commit(statement: Mapping[str, Any]) -> object:
    predicate = statement.get("predicate")
    build = predicate.get("buildDefinition") if isinstance(predicate, dict) else None
    sources = _mappings(build.get("resolvedDependencies")) if isinstance(build, dict) else []
    digest = sources[0].get("digest") if sources else None
    return digest.get("gitCommit") if isinstance(digest, dict) else None


def _mappings(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def check_verdict(manifest: Mapping[str, Any], entries: Iterable[Entry]) -> Iterator[str]:
    """Find the verdict that stands behind a release in the ledger, and compare what the release says of it."""
    commit, digest = Oid(manifest["commit"]), manifest.get("verdict")
    judged = manifest.get("judged")
    if judged is None:
        if not any(each.digest == digest and _accepts(each, commit) for each in entries):
            yield f"the ledger has no verdict {str(digest)[:19]} that accepted commit {commit[:12]}"
        return
    found = next((each for each in backings(entries, commit) if each.digest == digest), None)
    if found is None:
        yield f"the ledger has no verdict {str(digest)[:19]} that accepted commit {commit[:12]} by specs"
    elif judged != {"stage": found.stage.value, "policy": found.policy, "specs": found.specs}:
        by = f"at stage `{found.stage.value}` by the specs of {found.policy[:12]}"
        yield f"the verdict {str(digest)[:19]} accepted the commit {by}, and the manifest says otherwise"


def _accepts(entry: Entry, commit: Oid) -> bool:
    """Tell whether an entry is a verdict that accepted a push with this tip: all that older releases ask for."""
    tips = entry.body.get("tips")
    accepted = entry.kind is EntryKind.VERDICT and entry.body.get("outcome") == Outcome.ACCEPTED.value
    return accepted and isinstance(tips, list) and commit in tips


def check_splits(folder: Path) -> Iterator[str]:
    """Find tasks that stand in two splits of one view."""
    seen: dict[tuple[str, str], str] = {}
    columns = ("view", "task", "split")
    for row in rows_at(Inside(folder, "provenance/records.parquet"), columns=columns, most=ROW_GROUP):
        key = (str(row.get("view")), str(row.get("task")))
        before = seen.setdefault(key, str(row.get("split")))
        if before != str(row.get("split")):
            yield f"the task {key[1]} stands in the splits {before} and {row.get('split')} of {key[0]}"
