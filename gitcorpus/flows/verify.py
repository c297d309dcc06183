"""Re-checks a release: by itself, against its repository, and by building it again."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.catalog.refused import with_kept
from gitcorpus.compiler.attest import PUBLIC, public_key
from gitcorpus.compiler.audit import BlameAudit, check_commits
from gitcorpus.compiler.blobs import BlobAudit
from gitcorpus.compiler.covered import Coverage
from gitcorpus.compiler.faults import Faults
from gitcorpus.compiler.manifest import toolchain
from gitcorpus.compiler.publish import files_below
from gitcorpus.compiler.runs import Origins
from gitcorpus.compiler.sealed import read_manifest
from gitcorpus.compiler.verify import check_digests, check_sums
from gitcorpus.compiler.vouched import check_signatures, check_splits, check_verdict
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release
from gitcorpus.git.attribution.blame import Extent
from gitcorpus.git.history import refuse_shallow
from gitcorpus.git.repo import Repo
from gitcorpus.git.whole import unsound_objects
from gitcorpus.inside import Inside
from gitcorpus.ledger import Ledger
from gitcorpus.model.check import Check, CheckState, Verification
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.release import ReleaseRequest

CHECKS: Final = (
    "bytes", "signature", "digests", "splits", "coverage", "objects", "commits", "blame", "blobs", "verdict",
    "rebuild",
)  # fmt: skip
_NAMED: Final = 5
"""Commits with odd author lines that are named."""
_ANEW: Final = (
    "hint: clone the repository anew and whole, without --depth and --filter, and name that with --repo"
)
_AGAINST: Final = CHECKS[5:]
"""What only the repository can prove."""


class _Lines(NamedTuple):
    """What going through all lines found."""

    origins: Origins
    commits: Check
    coverage: Coverage


def verify_release(  # noqa: PLR0913 - everything that a release is held against
    folder: Path,
    *,
    repository: Path | None,
    specs: Path | None,
    sample: int | None = None,
    key: Path | None = None,
    progress: Progress,
) -> Verification:
    """Run every check that can be run with what is given.

    Args:
        folder: the release.
        repository: its repository, for what only that can prove.
        specs: specs from outside that it was compiled with.
        sample: how many files, drawn at random, are held against `git blame`; none for all.
        key: the public key of the server; none takes the one in the repository's folder `gitcorpus`.
        progress: is told what is being done.

    Raises:
        GitcorpusError: not-a-release, not-a-repository or key-unusable.
    """
    manifest = read_manifest(folder)
    progress("checking", 0, 3)
    checks = [_check("bytes", "every file against SHA256SUMS and the manifest", check_sums(folder, manifest))]
    if checks[0].state is CheckState.FAILED:
        return _ended(checks, CHECKS[1:], "the bytes are not those that were published")
    checks.append(_signature(folder, manifest, key, _key_of(repository)))
    progress("checking", 1, 3)
    checks.append(_check("digests", "logical digests of every table", check_digests(folder, manifest)))
    checks.append(_check("splits", "no task in two splits of a view", check_splits(folder)))
    progress("checking", 2, 3)
    repo = None if repository is None else with_kept(Repo.open(repository))
    objects = _objects(repo, manifest, progress)
    try:
        lines = _walk(folder, manifest, None if objects.state is CheckState.FAILED else repo)
    except GitcorpusError as error:
        checks.append(_check("coverage", "every line once", (str(error),)))
        return _ended(checks, _AGAINST, "the provenance cannot be read")
    walked = lines.coverage
    sentence = f"{walked.n_lines} lines in {walked.n_runs} runs, each line once"
    checks.append(_found("coverage", sentence, walked.faults))
    if repository is None or repo is None:
        return _ended(checks, _AGAINST, "name the repository with --repo")
    checks.append(objects)
    if objects.state is CheckState.FAILED:
        return _ended(checks, _AGAINST[1:], "objects of the repository are missing or broken")
    checks.append(lines.commits)
    if not _has(repo, manifest):
        return _ended(checks, _AGAINST[2:], "the repository is another one")
    audit = BlameAudit(repo, Oid(manifest["commit"]), _extent(manifest), sample)
    checks += _against(folder, audit, lines, progress)
    checks.append(_verdict(manifest, Ledger.of(repo.path)))
    request = ReleaseRequest(
        repository=repository,
        tag=manifest["tag"],
        folder=folder,
        specs=specs,
        unverified=manifest["unverified"],
        marks=tuple((each["tag"], Oid(each["commit"])) for each in manifest["marks"]),
    )
    why = _no_rebuild(manifest, request, repo)
    checks.append(_skip("rebuild", why) if why else _rebuild(folder, manifest, request, repo, progress))
    return Verification(checks=tuple(checks))


def _key_of(repository: Path | None) -> Path | None:
    """Return where a server keeps its public key, if the repository is the server's own."""
    path = Repo.open(repository).path / "gitcorpus" / PUBLIC if repository is not None else None
    return path if path is not None and path.is_file() else None


def _signature(folder: Path, manifest: Mapping[str, Any], named: Path | None, beside: Path | None) -> Check:
    """Check with the key that was named; else with the repository's own, which whoever made that may have brought."""
    key = named or beside
    if manifest["unverified"]:
        return _skip("signature", "no server vouches for an unverified release")
    if key is None:
        return _skip(
            "signature", f"name the server's public key with --key: gitcorpus/{PUBLIC} of its repository"
        )
    faults = check_signatures(folder, manifest, public_key(key))
    whose = (
        "the key that was named" if named else f"the key of the repository, {key}: trust it if it is yours"
    )
    return _check("signature", f"two statements about manifest.json, signed by {whose}", faults)


def _ended(checks: list[Check], names: Iterable[str], why: str) -> Verification:
    return Verification(checks=(*checks, *(_skip(name, why) for name in names)))


def _walk(folder: Path, manifest: Mapping[str, Any], repo: Repo | None) -> _Lines:
    """Go through the lines once; what the repository has of them is looked at on the way, if its commits are these.

    Raises:
        GitcorpusError: table-unreadable.
    """
    origins = Origins(folder)
    commits = _commits(manifest, repo, origins)
    blobs = BlobAudit(repo) if repo is not None and commits.state is CheckState.PASSED else None
    coverage = Coverage(folder, manifest, blobs)
    coverage.walk(origins)
    return _Lines(origins, commits, coverage)


def _objects(repo: Repo | None, manifest: Mapping[str, Any], progress: Progress) -> Check:
    """Look at every object behind the tag, before git and others read them without a look."""
    if repo is None or not _has(repo, manifest):
        return _skip("objects", "no repository is named" if repo is None else "the repository is another one")
    progress("reading objects", 0, 1)
    sentence = "every object behind the tag is there, and is what its name says"
    try:
        refuse_shallow(repo)
    except GitcorpusError as error:
        return _check("objects", sentence, (str(error), f"hint: {error.hint}"))
    found = _check("objects", sentence, unsound_objects(repo, Oid(manifest["commit"])))
    return replace(found, faults=(*found.faults, _ANEW)) if found.faults else found


def _commits(manifest: Mapping[str, Any], repo: Repo | None, origins: Origins) -> Check:
    if repo is None:
        return _skip("commits", "no repository is named")
    if not _has(repo, manifest):
        fault = f"the repository has no commit {manifest['commit'][:40]}"
        return _check("commits", "the release's commit", (fault,))
    odd: list[str] = []
    faults = tuple(check_commits(repo, origins, odd))
    more = f", and {len(odd) - _NAMED} more" if len(odd) > _NAMED else ""
    also = f"; read as `git log` reads them: {', '.join(odd[:_NAMED])}{more}" if odd else ""
    return _check(
        "commits", f"{origins.commits.num_rows} commits against what they say themselves{also}", faults
    )


def _has(repo: Repo, manifest: Mapping[str, Any]) -> bool:
    commit: str = manifest["commit"]
    return repo.resolve(commit) == commit


def _extent(manifest: Mapping[str, Any]) -> Extent:
    origins = manifest["origins"]
    return Extent(origins["moved"], tuple(map(Oid, origins["ignored"])))


def _against(folder: Path, audit: BlameAudit, lines: _Lines, progress: Progress) -> Iterator[Check]:
    if lines.commits.state is CheckState.FAILED:
        yield from (_skip(name, "the commits are others") for name in ("blame", "blobs"))
        return
    walked = lines.coverage
    yield _blame(audit, folder, lines, progress)
    sentence = f"{walked.n_held} runs against their blobs, verbatim ones byte for byte"
    yield _found("blobs", sentence, walked.blob_faults)


def _blame(audit: BlameAudit, folder: Path, lines: _Lines, progress: Progress) -> Check:
    try:
        blamed = audit.check(folder, lines.origins, progress)
    except GitcorpusError as error:
        return _check("blame", "lines against git blame --line-porcelain", (str(error),))
    outside = lines.coverage.n_outside
    also = f"; {outside} more stand in no commit" if outside else ""
    drawn = f"of {blamed.n_files} files drawn from {blamed.of_files} "
    of = drawn if blamed.n_files < blamed.of_files else ""
    sentence = f"{blamed.n_lines} lines {of}against git blame --line-porcelain{also}"
    return _found("blame", sentence, blamed.faults)


def _verdict(manifest: Mapping[str, Any], ledger: Ledger) -> Check:
    if manifest["unverified"]:
        return _skip("verdict", "no verdict stands behind an unverified release")
    if not ledger.exists:
        return _skip("verdict", "only the server's own repository has the ledger: name that with --repo")
    judged = manifest.get("judged")
    stage = f" at stage `{judged.get('stage')}`" if isinstance(judged, Mapping) else ""
    sentence = f"the ledger's verdict that accepted the commit{stage}"
    return _check("verdict", sentence, check_verdict(manifest, ledger.entries()))


def _no_rebuild(manifest: Mapping[str, Any], request: ReleaseRequest, repo: Repo) -> str:
    """Say why a second build would prove nothing here, or nothing."""
    if manifest["specs"]["origin"] == "external" and request.specs is None:
        return "it was compiled with specs from outside: name them with --specs"
    if "judged" not in manifest:
        return "an older version compiled it, whose manifest does not name the bar of the verdict"
    if not request.unverified and not Ledger.of(repo.path).exists:
        return "it bears verdicts, and only the server's own repository has the ledger: name that with --repo"
    if "authorship" not in manifest:
        return "it was compiled by an earlier gitcorpus, which did not say what authorship rests on"
    here = toolchain()
    other = [
        f"{name} {was}, here {here.get(name, 'none')}"
        for name, was in sorted(manifest["toolchain"].items())
        if here.get(name) != was
    ]
    return f"it was compiled with another toolchain: {', '.join(other)}" if other else ""


def _rebuild(
    folder: Path, manifest: Mapping[str, Any], request: ReleaseRequest, repo: Repo, progress: Progress
) -> Check:
    tag = repo.tag(request.tag)
    if tag is not None and tag.commit != manifest["commit"]:
        fault = f"the tag `{request.tag}` names commit {tag.commit[:12]} now, not {manifest['commit'][:12]}"
        return _check("rebuild", "a second build", (fault,))
    for name, commit in request.marks or ():
        mark = repo.tag(name)
        if mark is None or mark.commit != commit:
            is_now = "is not there any more" if mark is None else f"names commit {mark.commit[:12]} now"
            fault = f"the tag `{name}`, which named commit {commit[:12]}, {is_now}"
            return _check("rebuild", "a second build", (fault,))
    with tempfile.TemporaryDirectory(prefix="gitcorpus-rebuild-") as place:
        target = Path(place) / "release"
        try:
            compile_release(replace(request, target=target), progress=progress)
        except GitcorpusError as error:
            return _check("rebuild", "a second build", (str(error),))
        names = sorted({*files_below(folder), *files_below(target)})
        faults = [
            f"{name} comes out otherwise"
            for name in names
            if not _same(Inside(folder, name), Inside(target, name))
        ]
        return _check("rebuild", f"a second build, {len(names)} files byte for byte", faults)


def _same(one: Inside, other: Inside) -> bool:
    try:
        return one.digest() == other.digest()
    except OSError:
        return False


def _check(name: str, sentence: str, faults: Iterable[str]) -> Check:
    try:
        found = Faults(faults)
    except GitcorpusError as error:
        found = Faults((str(error),))
    return _found(name, sentence, found)


def _found(name: str, sentence: str, faults: Faults) -> Check:
    said = faults.said
    state = CheckState.FAILED if said else CheckState.PASSED
    return Check(name=name, state=state, sentence=sentence, faults=said)


def _skip(name: str, why: str) -> Check:
    return Check(name=name, state=CheckState.SKIPPED, sentence=why)
