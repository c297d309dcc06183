"""Releases: records and MB a second against datatrove, the share of the provenance, the next tag, and the forget set.

    python -m benchmarks.release                            # 20,000 files in 4,000 commits
    python -m benchmarks.release --files 200000                  # 200,000 records
    python -m benchmarks.release --trove PATH/bin/python    # beside datatrove, if that Python has it
    python -m benchmarks.release --gitcorpus PATH/bin/gitcorpus # an installation without what only developers need
    python -m benchmarks.release --share RELEASE...         # the share of the provenance of releases that are there

The files are the standard library of this Python, cut into pieces of some dozen lines, so that real code is compressed
and not ours; 20 authors change them. datatrove reads the same texts from JSON Lines, filters them by one column and
writes Parquet; gitcorpus reads them from git, filters by SQL, attributes every line and writes Parquet with provenance,
card, Croissant and digests. Every figure is of whole processes.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from bisect import insort
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from benchmarks.provenance import Cost, measured
from gitcorpus.flows.forget import Wanted, forget_set

AUTHORS = 20
SHORTEST = 4
CORPUS = """\
apiVersion: gitcorpus/v1
kind: Corpus
name: measured
layout: {solution: "corpus/{unit}/{task}/{solution}", roles: {test: ["test_*.py"], source: ["**/*"]}}
"""
CURRICULUM = """\
apiVersion: gitcorpus/v1
kind: Curriculum
units:
  - id: all
    title: All
    discover: {layout: "corpus/{unit}/{task}", title: from_path, languages: [python]}
"""
VIEW = """\
apiVersion: gitcorpus/v1
kind: View
name: texts
format: lm_text
from: files
where: role IN ('source', 'test')
record: {text: "{{ file.text }}"}
columns: [path, role, language, task]
"""
RELEASE = (
    'apiVersion: gitcorpus/v1\nkind: Release\ntags: "v*"\nviews: [texts]\nlicense: LicenseRef-Measured\n'
)
SPECS = {
    "specs/corpus.yaml": CORPUS,
    "specs/curriculum.yaml": CURRICULUM,
    "specs/views/texts.yaml": VIEW,
    "specs/release.yaml": RELEASE,
}


def pieces() -> list[list[str]]:
    """Return the standard library in pieces of 20 to 60 lines."""
    draw, found = random.Random(1), []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        lines = path.read_text(errors="replace").split("\n")
        at = 0
        while at < len(lines):
            size = draw.randint(20, 60)
            found.append(lines[at : at + size])
            at += size
    return [piece for piece in found if len(piece) > SHORTEST]


def history(n_files: int, n_commits: int, later: int) -> Iterator[bytes]:
    """Yield a stream for `git fast-import`: a first commit of specs, the others by 20 authors, tags v1 and v2."""
    draw, pool = random.Random(2), pieces()
    files: dict[str, list[str]] = {}
    paths: list[str] = []
    """The same in order."""
    tasks = max(1, n_files // 20)
    each = n_files // n_commits + 1
    number = 0
    for commit in range(n_commits + later + 1):
        changed: dict[str, str] = {}
        if commit == 0:
            changed |= SPECS
        for _ in range(each if len(files) < n_files else 0):
            if len(files) < n_files:
                task = number % tasks
                path = f"corpus/all/task-{task:05}/s{number // tasks}/part{number:06}.py"
                files[path] = [f"# part {number}", *pool[number % len(pool)]]
                changed[path] = "\n".join(files[path]) + "\n"
                insort(paths, path)
                number += 1
        for path in draw.sample(paths[:5000], min(3, len(files))) if commit else ():
            at = draw.randrange(len(files[path]))
            files[path][at : at + draw.randint(0, 3)] = draw.choice(pool)[: draw.randint(1, 4)]
            changed[path] = "\n".join(files[path]) + "\n"
        yield _commit(commit, changed)
        if commit == n_commits:
            yield b"reset refs/tags/v1\nfrom refs/heads/main\n\n"
    yield b"reset refs/tags/v2\nfrom refs/heads/main\n\ndone\n"


def _commit(number: int, changed: dict[str, str]) -> bytes:
    who = f"Author {number % AUTHORS} <author{number % AUTHORS}@corpus.example> {1_700_000_000 + number * 60} +0000"
    message = f"change {number}\n"
    lines = [
        f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(message)}\n{message}".encode()
    ]
    for path, text in changed.items():
        data = text.encode()
        lines.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    return b"".join(lines) + b"\n"


def build(folder: Path, n_files: int, n_commits: int, later: int) -> Path:
    bare = folder / "measured.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", bare], check=True)
    process = subprocess.Popen(["git", "-C", bare, "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE)
    for part in history(n_files, n_commits, later):
        process.stdin.write(part)
    process.stdin.close()
    if process.wait():
        raise SystemExit("git fast-import failed")
    return bare


class Program(NamedTuple):
    """The program that is measured: how it is called, and the corpus."""

    path: str
    bare: Path

    def release(self, tag: str, target: Path, *more: str) -> Cost:
        shutil.rmtree(target, ignore_errors=True)
        options = ("--repo", str(self.bare), "-o", str(target), "--unverified", *more)
        return measured(self.path, "release", tag, *options)


def jsonl(released: Path, target: Path) -> int:
    """Write the texts of a release as JSON Lines, for the peer; return how many bytes they have."""
    target.mkdir(parents=True, exist_ok=True)
    total = 0
    with (target / "texts.jsonl").open("w") as file:
        for path in sorted((released / "data/texts").glob("*.parquet")):
            for row in pq.read_table(path).to_pylist():
                total += len(row["text"].encode())
                row["id"] = row.pop("record_id")
                file.write(json.dumps(row) + "\n")
    return total


def asked() -> argparse.Namespace:
    """Read what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--commits", type=int, default=4_000)
    parser.add_argument("--later", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trove", help="a Python that has datatrove")
    parser.add_argument("--gitcorpus", default=str(Path(sys.executable).parent / "gitcorpus"))
    parser.add_argument(
        "--share", type=Path, nargs="*", help="only print the share of provenance of these releases"
    )
    parser.add_argument("--folder", type=Path, help="where to work, and to leave everything")
    return parser.parse_args()


def main() -> None:
    said = asked()
    if said.share:
        for released in said.share:
            share(released)
        return
    folder = said.folder or Path(tempfile.mkdtemp(prefix="gitcorpus-release-"))
    folder.mkdir(parents=True, exist_ok=True)
    bare = folder / "measured.git"
    if not bare.exists():
        bare = build(folder, said.files, said.commits, said.later)
    one, two = folder / "v1", folder / "v2"
    shutil.rmtree(bare / "gitcorpus", ignore_errors=True)
    program = Program(said.gitcorpus, bare)
    first = program.release("v1", one)
    second = program.release("v2", two)
    again = program.release("v2", two)
    print(f"first release, nothing known: {first.wall:.1f} s, {first.cpu:.1f} CPU s, {first.peak} MiB")
    print(f"after {said.later} commits: {second.wall:.1f} s, {second.wall / first.wall:.1%} of the first")
    print(f"after no commit: {again.wall:.1f} s, {again.wall / first.wall:.1%} of the first")
    share(one)
    rates(said, program, folder)
    forget(one, said.rounds)
    if said.folder is None:
        shutil.rmtree(folder)


def share(released: Path) -> None:
    """Print how many bytes the provenance has for those of the records."""
    content = sum(path.stat().st_size for path in (released / "data").rglob("*.parquet"))
    beside = {path.stem: path.stat().st_size for path in sorted((released / "provenance").glob("*.parquet"))}
    part = sum(beside.values()) / content
    print(f"provenance: {part:.1%} of the content, zstd against zstd ({content} bytes; {beside})")


def rates(said: argparse.Namespace, program: Program, folder: Path) -> None:
    """Print the speed of releases whose lines are known and whose records are made anew, and the peer's, in turn."""
    n_bytes = jsonl(folder / "v1", folder / "jsonl")
    ours, theirs = [], []
    for _ in range(said.rounds):
        ours.append(program.release("v1", folder / "again", "--fresh").wall)
        if said.trove:
            out = folder / "trove"
            for each in (out, folder / "trove-logs"):
                shutil.rmtree(each, ignore_errors=True)
            script = Path(__file__).parent / "peers" / "datatrove_pipeline.py"
            theirs.append(measured(said.trove, str(script), str(folder / "jsonl"), str(out)).wall)
    n_records = sum(1 for _ in (folder / "jsonl" / "texts.jsonl").open())
    for name, times in (("gitcorpus, lines known", ours), ("datatrove, no provenance", theirs)):
        if times:
            wall = statistics.median(times)
            print(f"{name}: {wall:.1f} s, {n_records / wall:.0f} records/s, {n_bytes / wall / 1e6:.1f} MB/s")
    if theirs:
        ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
        print(f"gitcorpus takes {ratio:.2f}x the time of datatrove (median of pairs)")


def forget(released: Path, rounds: int) -> None:
    """Print how long the question takes who wrote which lines, within one process."""
    times, n_rows = [], 0
    for _ in range(max(rounds, 3)):
        began = time.perf_counter()
        n_rows = sum(1 for _ in forget_set([released], Wanted(authors=("author7@corpus.example",))))
        times.append(time.perf_counter() - began)
    print(f"forget set of an author: {statistics.median(times) * 1000:.0f} ms, {n_rows} runs")


if __name__ == "__main__":
    main()
