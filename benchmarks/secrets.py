"""The gate `secrets` against two other engines: what is found, how fast, and what a push waits for.

    python -m benchmarks.secrets recall --gitleaks BIN --betterleaks BIN     # planted secrets and look-alikes
    python -m benchmarks.secrets speed --tree DIR --gitleaks BIN --betterleaks BIN
    python -m benchmarks.secrets push

`recall` plants the secrets of `tests/gates/secrets/made_up.py`, each on a branch of its own, and lets every engine look
at that branch in the way in which it looks at git; look-alikes are files of a folder. They are made up by those who
wrote the generic rules, so the figures compare engines on the wrappings, and are no measure of recall in the wild.
`speed` reads a real tree. `push` times the gate alone on pushes of three small files, with the engine warm.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from forge import Forge, Work  # noqa: E402
from gates.pushes import candidate_of, result_of  # noqa: E402
from gates.secrets.made_up import look_alikes, planted  # noqa: E402
from smallest import ADD, SPECS  # noqa: E402

from gitcorpus.gates.registry import built_in  # noqa: E402
from gitcorpus.model.declaration import Scope  # noqa: E402
from gitcorpus.model.verdict import GateState  # noqa: E402
from gitcorpus.secrets.engine import engine_of, warm  # noqa: E402
from gitcorpus.secrets.unwrap import unwrapped  # noqa: E402
from gitcorpus.spec.load import ready_secret_pack  # noqa: E402

DECLARED = replace(built_in("secrets"), on=Scope.EVERY_COMMIT)
GATES = "apiVersion: gitcorpus/v1\nkind: Gates\ngates:\n  - {id: secrets, uses: secrets, on: every-commit}\n"
SCAN = """
import sys
from pathlib import Path
from gitcorpus.secrets import engine_of, unwrapped
from gitcorpus.spec.load import ready_secret_pack
engine, found = engine_of((ready_secret_pack(),)), 0
for path in Path(sys.argv[1]).rglob("*"):
    if path.is_file():
        data = path.read_bytes()
        found += bool(engine.hits(data)) or any(engine.hits(inner.data) for inner in unwrapped(data))
print(found)
"""


class Cost(NamedTuple):
    """What a process took."""

    wall: float
    cpu: float
    peak: int
    code: int


def run(*command: str | Path) -> Cost:
    """Run a program with its output thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10, process.returncode)


def others(
    args: argparse.Namespace, where: Sequence[str | Path], kind: str
) -> Mapping[str, Sequence[str | Path]]:
    """Return how the other engines are asked about a history or a folder."""
    found: dict[str, Sequence[str | Path]] = {}
    if args.gitleaks:
        options = ("--no-banner", "--ignore-gitleaks-allow", "--max-decode-depth=5", "--max-archive-depth=8")
        found["gitleaks"] = (args.gitleaks, kind, *where, *options)
    if args.betterleaks:
        name = "git" if kind == "git" else "fs"
        include = ("--include=commit-messages,tag-messages",) if kind == "git" else ()
        found["betterleaks"] = (args.betterleaks, name, *where, "--no-allow-signatures", *include)
    return found


def corpus(folder: Path) -> Work:
    work = Forge(folder).work()
    work.commit({**SPECS, "specs/gates.yaml": GATES}, "specs", author="lead")
    return work


def recall(args: argparse.Namespace) -> None:
    """Print what each engine finds of the planted ones, and takes for a secret of the look-alikes."""
    missed: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        work = corpus(Path(name))
        everything = [each for seed in args.seeds for each in planted(seed)]
        for each in everything:
            refspec = each.plant(work)
            tip = work.head if refspec.startswith("HEAD") else work.oid(refspec)
            candidate = candidate_of(work, tip, ref="refs/heads/pushed", old="0" * 40)
            if result_of(candidate, DECLARED).state is not GateState.FAILED:
                missed.setdefault("gitcorpus", []).append(f"{each.kind} in {each.wrapping}")
            for engine, command in others(args, (work.path, "--log-opts=main..HEAD"), "git").items():
                if not run(*command).code:
                    missed.setdefault(engine, []).append(f"{each.kind} in {each.wrapping}")
        kinds, wrappings = {each.kind for each in everything}, {each.wrapping for each in everything}
        print(f"{len(everything)} planted, {len(kinds)} kinds, {len(wrappings)} wrappings")
        flagged = alike(args, Path(name) / "look-alikes")
    for engine in ("gitcorpus", *others(args, ("",), "git")):
        wrong = missed.get(engine, [])
        print(f"{engine:12} finds {len(everything) - len(wrong)}, flags {len(flagged[engine])} look-alikes")
        print(f"             misses: {', '.join(wrong) or 'none'}")
        print(f"             flags: {', '.join(flagged[engine]) or 'none'}")


def alike(args: argparse.Namespace, folder: Path) -> dict[str, list[str]]:
    """Return the look-alikes that each engine takes for secrets."""
    engine = engine_of((ready_secret_pack(),))
    flagged: dict[str, list[str]] = {name: [] for name in ("gitcorpus", *others(args, ("",), "git"))}
    for seed in args.seeds:
        for name, data in look_alikes(seed).items():
            file = folder / f"{seed}-{name}" / name
            file.parent.mkdir(parents=True)
            file.write_bytes(data)
            if engine.hits(data) or any(engine.hits(inner.data) for inner in unwrapped(data)):
                flagged["gitcorpus"].append(name)
            for other, command in others(args, (file.parent,), "dir").items():
                if run(*command).code:
                    flagged[other].append(name)
    return flagged


def speed(args: argparse.Namespace) -> None:
    """Print what a whole tree costs, whole processes in turn."""
    size = sum(path.stat().st_size for path in args.tree.rglob("*") if path.is_file())
    ways: dict[str, Callable[[], Cost]] = {"gitcorpus": lambda: run(sys.executable, "-c", SCAN, args.tree)}
    for name, command in others(args, (args.tree,), "dir").items():
        ways[name] = lambda command=command: run(*command)
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(args.rounds):
        for name, work in ways.items():
            found[name].append(work())
    print(f"{args.tree.name}: {size / 1e6:.1f} MB, medians of {args.rounds} rounds, whole processes")
    mine = statistics.median(cost.cpu for cost in found["gitcorpus"])
    for name, costs in found.items():
        cpu = statistics.median(cost.cpu for cost in costs)
        ratio = statistics.median(
            cost.cpu / own.cpu for cost, own in zip(costs, found["gitcorpus"], strict=True)
        )
        peak = max(cost.peak for cost in costs)
        print(f"{name:12} {cpu:7.2f} CPU s  {size / 1e6 / cpu:6.1f} MB/s  {ratio:5.1f} times  {peak:4} MiB")
    start = time.process_time()
    warm((ready_secret_pack(),))
    print(
        f"of gitcorpus' {mine:.2f} s, {time.process_time() - start:.2f} s load the rules: once in a warm gatekeeper"
    )


def push(args: argparse.Namespace) -> None:
    """Print what the gate takes for pushes of three small files."""
    warm((ready_secret_pack(),))
    taken = []
    with tempfile.TemporaryDirectory() as name:
        work = corpus(Path(name))
        for number in range(args.rounds):
            text = "".join(
                f"def function_{number}_{n}(value):\n    return value * {n} + {number}\n\n\n"
                for n in range(60)
            )
            work.commit({f"{ADD}/file_{number}_{n}.py": text + f"# {n}\n" for n in range(3)})
            candidate = candidate_of(work, work.head, ref="refs/heads/pushed", old=work.oid("HEAD~1"))
            start = time.perf_counter()
            result = result_of(candidate, DECLARED)
            taken.append(time.perf_counter() - start)
            if result.state is not GateState.PASSED:
                raise SystemExit(f"the gate said {result.state}")
    median = 1000 * statistics.median(taken)
    print(f"three files of {len(text)} bytes: {median:.1f} ms, median of {args.rounds}; aim < 5 ms")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.secrets")
    parser.add_argument("what", choices=("recall", "speed", "push"))
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--gitleaks", type=Path)
    parser.add_argument("--betterleaks", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    args = parser.parse_args()
    {"recall": recall, "speed": speed, "push": push}[args.what](args)


if __name__ == "__main__":
    main()
