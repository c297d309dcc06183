"""Where the lines of whole trees came from: gitcorpus against `git blame` over all files, and against pygit2's blame.

    python -m benchmarks.provenance REPO...          # paired runs on repositories of yours, CPU seconds and memory
    python -m benchmarks.provenance --synthetic      # 10,000 small solutions, 20 authors, 20,000 commits
    python -m benchmarks.provenance --later REPO...  # the next tag, and many commits at once

The loop is one `git blame --porcelain` a file on all cores, first in a clone without a commit-graph, then in one with
changed-path filters. Where a tree has more files than `--files`, that many are drawn and the loop is scaled up; the row
says so. Every figure is of whole processes, from their start on.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.push import run

CORES = os.cpu_count() or 1
AUTHORS, SOLUTIONS, COMMITS = 20, 10_000, 20_000
ENGINE = """
import sys
from pathlib import Path
from gitcorpus.git.attribution.attributor import Attributor
from gitcorpus.git.repo import Repo
repo, keep, commits = Repo.open(Path(sys.argv[1])), sys.argv[2], sys.argv[3:]
with Attributor(repo, keep=Path(keep) if keep else None) as attributor:
    trees = attributor.trees([repo.resolve(commit) for commit in commits])
    first = next(iter(trees.values()))
    lines = sum(run.n_lines for path in first for run in first[path])
    attributor.keep()
print(lines)
"""
PYGIT2 = """
import sys, pygit2
repo = pygit2.Repository(sys.argv[1])
for path in sys.stdin.read().split("\\0"):
    sum(hunk.lines_in_hunk for hunk in repo.blame(path))
"""


class Cost(NamedTuple):
    """What a process and all that it started took."""

    wall: float
    cpu: float
    peak: int
    """MiB of the largest process."""


_RECOMPILED = "PYTHONDONTWRITEBYTECODE"
"""With it, every start compiles all modules anew, which nobody who measures wants to measure."""


def measured(*command: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> Cost:
    """Run a program, with its output thrown away, and return what it took."""
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        start = time.perf_counter()
        environment = {name: value for name, value in os.environ.items() if name != _RECOMPILED}
        process = subprocess.Popen(
            [str(word) for word in command], stdin=source, stdout=subprocess.DEVNULL, cwd=cwd, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    process.returncode = 0
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10)


def engine(repo: Path, *commits: str, keep: Path | None = None) -> Cost:
    return measured(sys.executable, "-c", ENGINE, repo, keep or "", *(commits or ("HEAD",)))


def loop(repo: Path, files: Sequence[str]) -> Cost:
    """Run git blame for every file, on all cores."""
    words = ("xargs", "-0", f"-P{CORES}", "-n1", "git", "-C", str(repo), "blame", "--porcelain", "HEAD", "--")
    return measured(*words, stdin="\0".join(files).encode("utf-8", "surrogateescape"))


def text_files(repo: Path) -> list[str]:
    """Return the paths of a tree's files that git takes for text."""
    empty = run("git", "-C", repo, "hash-object", "-t", "tree", "/dev/null")
    said = subprocess.run(
        ["git", "-C", str(repo), "diff-tree", "-r", "-z", "--numstat", "--no-renames", empty, "HEAD"],
        check=True,
        capture_output=True,
    ).stdout.decode("utf-8", "surrogateescape")
    return [path for added, _, path in (row.split("\t", 2) for row in said.split("\0")[:-1]) if added != "-"]


def clones(source: Path, folder: Path) -> tuple[Path, Path]:
    """Return two bare clones that borrow a repository's objects; the second has a commit-graph with filters."""
    plain, helped = folder / "plain.git", folder / "helped.git"
    for target in (plain, helped):
        run("git", "clone", "--quiet", "--bare", "--shared", source.resolve(), target)
        run("git", "-C", target, "config", "core.commitGraph", "true" if target == helped else "false")
    run("git", "-C", helped, "commit-graph", "write", "--reachable", "--changed-paths")
    return plain, helped


def compare(source: Path, args: argparse.Namespace) -> None:
    """Print what a whole tree costs, by each way."""
    with tempfile.TemporaryDirectory(prefix="gitcorpus-bench-") as name:
        plain, helped = clones(source, Path(name))
        files = text_files(plain)
        drawn = random.Random(7).sample(files, min(args.files, len(files)))
        few = drawn[: args.pygit2]
        commits = run("git", "-C", plain, "rev-list", "--count", "HEAD")
        print(
            f"\n{source.name}: {commits} commits, {len(files)} text files, {CORES} cores, {args.rounds} rounds"
        )
        ways: dict[str, tuple[Callable[[], Cost], float]] = {
            "gitcorpus": (lambda: engine(plain), 1.0),
            "git blame, plain": (lambda: loop(plain, drawn), len(files) / len(drawn)),
            "git blame, changed-path filters": (lambda: loop(helped, drawn), len(files) / len(drawn)),
        }
        if few:
            names = "\0".join(few).encode("utf-8", "surrogateescape")
            ways["pygit2 blame"] = (
                lambda: measured(sys.executable, "-c", PYGIT2, plain, stdin=names),
                len(files) / len(few),
            )
        table(ways, args.rounds)


def table(ways: dict[str, tuple[Callable[[], Cost], float]], rounds: int) -> None:
    """Run all ways in turn, and print medians and the ratio to the first way."""
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for number in range(rounds):
        order = list(ways) if number % 2 == 0 else list(reversed(ways))
        for name in order:
            work, scale = ways[name]
            cost = work()
            found[name].append(Cost(cost.wall * scale, cost.cpu * scale, cost.peak))
    first = next(iter(ways))
    print(f"{'':34}{'wall s':>9}{'CPU s':>9}{'CPU ratio':>11}{'MiB':>6}")
    for name, costs in found.items():
        ratio = statistics.median(each.cpu / mine.cpu for each, mine in zip(costs, found[first], strict=True))
        wall, cpu = (statistics.median(getattr(each, key) for each in costs) for key in ("wall", "cpu"))
        scale = ways[name][1]
        note = f"  scaled from one file in {scale:.1f}" if scale > 1 else ""
        print(f"{name:34}{wall:9.2f}{cpu:9.2f}{ratio:11.1f}{max(each.peak for each in costs):6}{note}")


def later(source: Path, args: argparse.Namespace) -> None:
    """Print what the next tag costs after some commits, and what many commits cost at once."""
    with tempfile.TemporaryDirectory(prefix="gitcorpus-bench-") as name:
        plain, _ = clones(source, Path(name))
        mainline = run("git", "-C", plain, "rev-list", "--first-parent", "HEAD").split()
        print(f"\n{source.name}: the next tag, without the start of Python")
        for wanted in (1, 10, 100):
            before, new = farther(plain, mainline, wanted)
            keep = Path(name) / f"{wanted}.db"
            engine(plain, before, keep=keep)
            again = statistics.median(in_process(plain, keep) for _ in range(args.rounds))
            print(f"  after {new:4} new commits: {again:.3f} s")
        every = run("git", "-C", plain, "rev-list", "HEAD").split()
        some = random.Random(3).sample(every, min(args.many, len(every)))
        one, many = engine(plain), engine(plain, *some)
        print(
            f"  {len(some)} commits at once: {many.cpu:.1f} CPU s, {many.cpu / one.cpu:.1f} times one; {many.peak} MiB"
        )


def farther(repo: Path, mainline: Sequence[str], wanted: int) -> tuple[str, int]:
    """Return the nearest commit of the mainline that so many commits at least are new after, and how many."""
    for commit in mainline[1:]:
        new = int(run("git", "-C", repo, "rev-list", "--count", f"{commit}..HEAD"))
        if new >= wanted:
            return commit, new
    raise SystemExit(f"{repo} has fewer than {wanted} commits")


def in_process(repo: Path, keep: Path) -> float:
    """Return the seconds that the newest tree takes when an earlier one is known, without the start of Python."""
    script = f"""
import json, shutil, sys, time
from pathlib import Path
from gitcorpus.git.attribution.attributor import Attributor
from gitcorpus.git.repo import Repo
keep = shutil.copy({str(keep)!r}, {str(keep)!r} + ".copy")
repo = Repo.open(Path({str(repo)!r}))
commit = repo.resolve("HEAD")
start = time.perf_counter()
with Attributor(repo, keep=Path(keep)) as attributor:
    files = attributor.tree(commit)
    attributor.keep()
print(json.dumps(time.perf_counter() - start))
"""
    return float(json.loads(run(sys.executable, "-c", script)))


def synthetic(args: argparse.Namespace) -> None:
    """Print what a corpus of many small solutions costs."""
    with tempfile.TemporaryDirectory(prefix="gitcorpus-bench-") as name:
        bare = Path(name) / "synthetic.git"
        run("git", "init", "--quiet", "--bare", "-b", "main", bare)
        run("git", "-C", bare, "fast-import", "--quiet", stdin=written(random.Random(1)))
        run("git", "-C", bare, "repack", "-adq")
        print(f"\n{SOLUTIONS} solutions, {AUTHORS} authors, {COMMITS} commits; aim: under 15 s")
        table({"gitcorpus": (lambda: engine(bare), 1.0)}, args.rounds)


def written(chance: random.Random) -> bytes:
    """Return the history as `git fast-import` reads it: half of the commits bring a solution, half edit one."""
    pieces: list[bytes] = []
    texts: list[list[str]] = []
    for number in range(COMMITS):
        author = f"Author {number % AUTHORS} <{number % AUTHORS}@corpus.example> {1_700_000_000 + 60 * number} +0000"
        if number % 2 == 0:
            texts.append([f"line {chance.randrange(10**9)}" for _ in range(chance.randrange(15, 60))])
        which = len(texts) - 1 if number % 2 == 0 else chance.randrange(len(texts))
        for _ in range(3):
            texts[which][chance.randrange(len(texts[which]))] = f"line {chance.randrange(10**9)}"
        folder = f"corpus/u{which % 40}/t{which % 800}/s{which}"
        text = "\n".join(texts[which]).encode() + b"\n"
        test = f"assert solution({which}) == {chance.randrange(100)}\n".encode()
        pieces.append(
            f"commit refs/heads/main\nauthor {author}\ncommitter {author}\ndata 5\nwork\n\n".encode()
            + f"M 644 inline {folder}/solution.py\ndata {len(text)}\n".encode() + text
            + f"M 644 inline {folder}/test_solution.py\ndata {len(test)}\n".encode() + test
        )  # fmt: skip
    return b"".join(pieces)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provenance")
    parser.add_argument("repositories", nargs="*", type=Path, metavar="REPO")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=100_000, help="most files of the git blame loop")
    parser.add_argument("--pygit2", type=int, default=20, help="files that pygit2 blames; 0 for none")
    parser.add_argument("--many", type=int, default=500, help="commits at once")
    parser.add_argument("--later", action="store_true")
    parser.add_argument("--synthetic", action="store_true")
    args = parser.parse_args()
    for repository in args.repositories:
        later(repository, args) if args.later else compare(repository, args)
    if args.synthetic:
        synthetic(args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"\nthe benchmark itself: {peak} MiB")


if __name__ == "__main__":
    main()
