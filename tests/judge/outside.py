"""SWE-bench, REUSE, securesystemslib and git look at what is theirs of a release."""

import hashlib
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from said import manifest_of
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
from swebench.task.checks import check_task_repo

_LINES = """
    SELECT "commit", src_path, src_start_line, path, path_start_line, n_lines
    FROM read_parquet(?) AS lines JOIN read_parquet(?) AS sources USING (source_ix)
    JOIN read_parquet(?) AS commits USING (commit_ix)
    WHERE revision IS NULL AND NOT extended AND NOT contains(path, '\\x')
"""


def judge_swebench(release: Path) -> Iterator[str]:
    """Have SWE-bench's own checker look at every folder of tasks."""
    for view in manifest_of(release)["views"]:
        if view["format"] == "swe_task":
            folder = release / "swe" / view["name"]
            yield from (f"{view['name']}: {problem}" for problem in check_task_repo(folder))


def judge_reuse(release: Path, program: Path) -> Iterator[str]:
    """Run `reuse lint`."""
    done = subprocess.run([program, "lint", "--json"], cwd=release, capture_output=True, check=False)
    if done.returncode:
        said = json.loads(done.stdout)["non_compliant"]
        yield from (f"{name}: {found}" for name, found in said.items() if found)


def judge_dsse(release: Path, key: Path) -> Iterator[str]:
    """Open every envelope with the server's key, and look for the files that it is about."""
    public = SSlibKey.from_crypto(load_pem_public_key(key.read_bytes()))
    paths = sorted((release / "attestations").glob("*.intoto.jsonl"))
    if not paths:
        yield "there is no attestation"
    for path in paths:
        for line in path.read_bytes().splitlines():
            envelope = Envelope.from_dict(json.loads(line))
            envelope.verify([public], 1)
            statement = json.loads(envelope.payload)
            for subject in statement["subject"]:
                wanted = subject["digest"].get("sha256")
                file = release / subject["name"]
                if wanted and hashlib.sha256(file.read_bytes()).hexdigest() != wanted:
                    yield f"{path.name} is about another {subject['name']}"


def judge_blame(release: Path, repo: Path) -> Iterator[str]:
    """Compare every line that stands in the tagged tree with what `git blame` says of it."""
    lines = [str(release / f"provenance/{name}.parquet") for name in ("lines", "sources", "commits")]
    by_path = defaultdict(list)
    for oid, src_path, src_line, path, line, count in duckdb.sql(_LINES, params=lines).fetchall():
        by_path[path] += [(line + at, (oid, src_path, src_line + at)) for at in range(count)]
    commit = manifest_of(release)["commit"]
    for path, wanted in sorted(by_path.items()):
        said = _blame(repo, commit, path)
        for line, origin in wanted:
            if said.get(line) != origin:
                yield f"{path}:{line} came from {origin}; git blame says {said.get(line)}"
                break


def _blame(repo: Path, commit: str, path: str) -> dict[int, tuple[str, str, int]]:
    command = ["git", "-C", repo, "blame", "--line-porcelain", commit, "--", path]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    said, head, name = {}, [], ""
    for line in output.split(b"\n")[:-1]:
        if not head:
            head = line.decode().split(" ")
        elif line.startswith(b"\t"):
            said[int(head[2])] = (head[0], name, int(head[1]))
            head = []
        elif line.startswith(b"filename "):
            name = line.removeprefix(b"filename ").decode()
    return said


def judge_rebuild(release: Path, repo: Path, gitcorpus: str) -> Iterator[str]:
    """Build it a second time, from another clone if that can be, and compare every byte."""
    manifest = manifest_of(release)
    other = release.parent / f"{release.name}-again"
    source = repo
    if manifest["unverified"]:
        source = release.parent / f"{release.name}-clone.git"
        subprocess.run(["git", "clone", "--quiet", "--bare", "--no-local", repo, source], check=True)
    command = [gitcorpus, "release", manifest["tag"], "--repo", source, "-o", other, "--fresh"]
    command += ["--unverified"] if manifest["unverified"] else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"a second build ended with {done.returncode}: {done.stderr.strip()}"
        return
    names = {
        path.relative_to(each) for each in (release, other) for path in each.rglob("*") if path.is_file()
    }
    for name in sorted(names):
        one, two = release / name, other / name
        if not (one.is_file() and two.is_file() and one.read_bytes() == two.read_bytes()):
            yield f"{name} comes out otherwise"
