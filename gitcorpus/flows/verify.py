"""Re-checks a release: by itself, against its repository, and by building it again."""

import filecmp
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gitcorpus.compiler.attest import PUBLIC, public_key
from gitcorpus.compiler.audit import BlameAudit, check_blobs, check_commits
from gitcorpus.compiler.manifest import toolchain
from gitcorpus.compiler.publish import files_below
from gitcorpus.compiler.seal import stored_rows
from gitcorpus.compiler.sealed import read_manifest
from gitcorpus.compiler.verify import MOST_FAULTS, Row, check_coverage, check_digests, check_sums
from gitcorpus.compiler.vouched import check_signatures, check_splits
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release
from gitcorpus.git.attribution import Extent
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.check import Check, CheckState, Verification
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.release import ReleaseRequest

CHECKS: Final = (
    "bytes", "signature", "digests", "splits", "coverage", "commits", "blame", "blobs", "rebuild",
)  # fmt: skip
_AGAINST: Final = CHECKS[5:]
"""What only the repository can prove."""


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
    checks.append(_signature(folder, manifest, key or _key_of(repository)))
    progress("checking", 1, 3)
    checks.append(_check("digests", "logical digests of every table", check_digests(folder, manifest)))
    checks.append(_check("splits", "no task in two splits of a view", check_splits(folder)))
    progress("checking", 2, 3)
    try:
        commits = list(stored_rows(folder / "provenance/commits.parquet"))
        faults, rows = check_coverage(folder, manifest, len(commits))
    except GitcorpusError as error:
        checks.append(_check("coverage", "every line once", (str(error),)))
        return _ended(checks, _AGAINST, "the provenance cannot be read")
    n_lines = sum(row.run["n_lines"] for row in rows)
    checks.append(_check("coverage", f"{n_lines} lines in {len(rows)} runs, each line once", faults))
    if repository is None:
        return _ended(checks, _AGAINST, "name the repository with --repo")
    repo = Repo.open(repository)
    if repo.resolve(manifest["commit"]) != manifest["commit"]:
        fault = f"the repository has no commit {manifest['commit'][:40]}"
        checks.append(_check("commits", "the release's commit", (fault,)))
        return _ended(checks, _AGAINST[1:], "the repository is another one")
    origins = manifest["origins"]
    extent = Extent(origins["moved"], tuple(map(Oid, origins["ignored"])))
    audit = BlameAudit(repo, Oid(manifest["commit"]), commits, extent, sample)
    checks += _against(repo, audit, rows, commits, progress)
    request = ReleaseRequest(
        repository=repository,
        tag=manifest["tag"],
        folder=folder,
        specs=specs,
        unverified=manifest["unverified"],
    )
    why = _no_rebuild(manifest, request, repo)
    checks.append(_skip("rebuild", why) if why else _rebuild(folder, manifest, request, repo, progress))
    return Verification(checks=tuple(checks))


def _key_of(repository: Path | None) -> Path | None:
    """Return where a server keeps its public key, if the repository is the server's own."""
    path = Repo.open(repository).path / "gitcorpus" / PUBLIC if repository is not None else None
    return path if path is not None and path.is_file() else None


def _signature(folder: Path, manifest: Mapping[str, Any], key: Path | None) -> Check:
    if manifest["unverified"]:
        return _skip("signature", "no server vouches for an unverified release")
    if key is None:
        return _skip(
            "signature", f"name the server's public key with --key: gitcorpus/{PUBLIC} of its repository"
        )
    faults = check_signatures(folder, manifest, public_key(key))
    return _check("signature", "two statements about manifest.json, signed by the server's key", faults)


def _ended(checks: list[Check], names: Iterable[str], why: str) -> Verification:
    return Verification(checks=(*checks, *(_skip(name, why) for name in names)))


def _against(
    repo: Repo, audit: BlameAudit, rows: list[Row], commits: list[dict[str, Any]], progress: Progress
) -> Iterator[Check]:
    faults = list(check_commits(repo, commits))
    yield _check("commits", f"{len(commits)} commits against what they say themselves", faults)
    if faults:
        yield from (_skip(name, "the commits are others") for name in ("blame", "blobs"))
        return
    blamed = audit.check(rows, progress)
    outside = sum(row.run["n_lines"] for row in rows if row.run["commit_ix"] is None)
    also = f"; {outside} more stand in no commit" if outside else ""
    drawn = f"of {blamed.n_files} files drawn from {blamed.of_files} "
    of = drawn if blamed.n_files < blamed.of_files else ""
    sentence = f"{blamed.n_lines} lines {of}against git blame --line-porcelain{also}"
    yield _check("blame", sentence, blamed.faults)
    n_runs, faults = check_blobs(repo, rows, commits)
    yield _check("blobs", f"{n_runs} runs against their blobs, verbatim ones byte for byte", faults)


def _no_rebuild(manifest: Mapping[str, Any], request: ReleaseRequest, repo: Repo) -> str:
    """Say why a second build would prove nothing here, or nothing."""
    if manifest["specs"]["origin"] == "external" and request.specs is None:
        return "it was compiled with specs from outside: name them with --specs"
    if not request.unverified and not Ledger.of(repo.path).exists:
        return "it bears verdicts, and only the server's own repository has the ledger: name that with --repo"
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
    with tempfile.TemporaryDirectory(prefix="gitcorpus-rebuild-") as place:
        target = Path(place) / "release"
        try:
            compile_release(replace(request, target=target), progress=progress)
        except GitcorpusError as error:
            return _check("rebuild", "a second build", (str(error),))
        names = sorted({*files_below(folder), *files_below(target)})
        faults = [f"{name} comes out otherwise" for name in names if not _same(folder / name, target / name)]
        return _check("rebuild", f"a second build, {len(names)} files byte for byte", faults)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def _check(name: str, sentence: str, faults: Iterable[str]) -> Check:
    try:
        found = tuple(faults)
    except GitcorpusError as error:
        found = (str(error),)
    if len(found) > MOST_FAULTS:
        found = (*found[:MOST_FAULTS], f"and {len(found) - MOST_FAULTS} more")
    state = CheckState.FAILED if found else CheckState.PASSED
    return Check(name=name, state=state, sentence=sentence, faults=found)


def _skip(name: str, why: str) -> Check:
    return Check(name=name, state=CheckState.SKIPPED, sentence=why)
