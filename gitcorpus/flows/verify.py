"""Re-checks a release: by itself, against its repository, and by building it again."""

import filecmp
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gitcorpus.compiler.audit import check_blame, check_blobs
from gitcorpus.compiler.manifest import toolchain
from gitcorpus.compiler.publish import files_below
from gitcorpus.compiler.seal import plain_rows, read_table
from gitcorpus.compiler.verify import (
    MOST_FAULTS,
    Row,
    check_coverage,
    check_digests,
    check_sums,
    read_manifest,
)
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release
from gitcorpus.git.repo import Repo
from gitcorpus.model.check import Check, CheckState, Verification
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.release import ReleaseRequest


def verify_release(
    folder: Path, *, repository: Path | None, specs: Path | None, progress: Progress
) -> Verification:
    """Run every check that can be run with what is given.

    Raises:
        GitcorpusError: not-a-release.
    """
    manifest = read_manifest(folder)
    checks = [_check("bytes", "every file against SHA256SUMS and the manifest", check_sums(folder, manifest))]
    if checks[0].state is CheckState.FAILED:
        why = "the bytes are not those that were published"
        return Verification(
            checks=(*checks, *(_skip(name, why) for name in ("digests", "coverage", "blame", "rebuild")))
        )
    checks.append(_check("digests", "logical digests of every table", check_digests(folder, manifest)))
    faults, rows = check_coverage(folder, manifest)
    n_lines = sum(row.run["n_lines"] for row in rows)
    checks.append(_check("coverage", f"{n_lines} lines in {len(rows)} runs, each line once", faults))
    if repository is None:
        why = "name the repository with --repo"
        return Verification(checks=(*checks, *(_skip(name, why) for name in ("blame", "blobs", "rebuild"))))
    repo = Repo.open(repository)
    checks += _against(repo, folder, manifest, rows, progress)
    checks.append(_rebuild(folder, manifest, repository, specs, progress))
    return Verification(checks=tuple(checks))


def _against(
    repo: Repo, folder: Path, manifest: dict[str, Any], rows: list[Row], progress: Progress
) -> list[Check]:
    commit = Oid(manifest["commit"])
    if repo.resolve(commit) is None:
        fault = f"the repository has no commit {commit[:12]}"
        return [_check(name, "the release's commit", (fault,)) for name in ("blame", "blobs")]
    commits = list(plain_rows(read_table(folder / "provenance/commits.parquet")))
    n_lines, faults = check_blame(repo, commit, rows, commits, progress)
    blame = _check("blame", f"{n_lines} lines against git blame --line-porcelain", faults)
    n_runs, faults = check_blobs(repo, rows, commits)
    return [blame, _check("blobs", f"{n_runs} verbatim runs against the bytes of their blobs", faults)]


def _rebuild(
    folder: Path, manifest: dict[str, Any], repository: Path, specs: Path | None, progress: Progress
) -> Check:
    if manifest["specs"]["origin"] == "external" and specs is None:
        return _skip("rebuild", "it was compiled with specs from outside: name them with --specs")
    other = {
        name: (was, now)
        for name, was in manifest["toolchain"].items()
        if (now := toolchain().get(name)) != was
    }
    if other:
        said = ", ".join(f"{name} {was}, here {now}" for name, (was, now) in sorted(other.items()))
        return _skip("rebuild", f"it was compiled with another toolchain: {said}")
    with tempfile.TemporaryDirectory(prefix="gitcorpus-rebuild-") as place:
        target = Path(place) / "release"
        request = ReleaseRequest(
            repository=repository,
            tag=manifest["tag"],
            folder=Path(place),
            target=target,
            specs=specs,
            unverified=manifest["unverified"],
        )
        try:
            compile_release(request, progress=progress)
        except GitcorpusError as error:
            return _check("rebuild", "a second build", (str(error),))
        names = sorted({*files_below(folder), *files_below(target)})
        faults = [f"{name} comes out otherwise" for name in names if not _same(folder / name, target / name)]
        return _check("rebuild", f"a second build, {len(names)} files byte for byte", faults)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def _check(name: str, sentence: str, faults: Iterable[str]) -> Check:
    found = tuple(faults)
    if len(found) > MOST_FAULTS:
        found = (*found[:MOST_FAULTS], f"and {len(found) - MOST_FAULTS} more")
    return Check(
        name=name, state=CheckState.FAILED if found else CheckState.PASSED, sentence=sentence, faults=found
    )


def _skip(name: str, why: str) -> Check:
    return Check(name=name, state=CheckState.SKIPPED, sentence=why)
