"""What gitcorpus adds to a push: the same pushes to the same repository with and without its hooks, in turn.

Every round makes one commit of three small files in the example corpus and pushes it twice, to two bare
repositories that differ only in the hooks; which of them goes first alternates. Printed are the medians and
the ratio of the medians. Run it as `make bench`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = int(os.environ.get("ROUNDS", "15"))
ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, capture_output=True)


def seconds(*command: str | Path, cwd: Path) -> float:
    start = time.perf_counter()
    run(*command, cwd=cwd)
    return time.perf_counter() - start


def commit(work: Path, solution: Path, number: int) -> None:
    for name in ("alpha", "beta", "gamma"):
        (solution / f"{name}.py").write_text(
            f'"""Round {number}."""\n\n\ndef {name}() -> int:\n    return {number}\n'
        )
    run("git", "add", "--all", cwd=work)
    run("git", "commit", "--quiet", "--signoff", "--message", f"round {number}", cwd=work)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run(sys.executable, ROOT / "examples/first-corpus/play.py", place / "work")
        work = place / "work"
        for key, value in {"user.name": "Author North", "user.email": "north@corpus.example"}.items():
            run("git", "config", key, value, cwd=work)
        for remote in ("plain", "judged"):
            run("git", "init", "--quiet", "--bare", "--initial-branch=main", place / f"{remote}.git")
            run("git", "remote", "add", remote, place / f"{remote}.git", cwd=work)
        run(BIN / "gitcorpus", "server", "install", place / "judged.git")
        for remote in ("plain", "judged"):
            run("git", "push", "--quiet", remote, "main", cwd=work)
        solution = next(
            path.parent for path in sorted((work / "corpus").rglob("*.py")) if "test" not in path.name
        )
        taken: dict[str, list[float]] = {"plain": [], "judged": []}
        for number in range(ROUNDS):
            commit(work, solution, number)
            for remote in ("plain", "judged")[:: 1 if number % 2 else -1]:
                taken[remote].append(seconds("git", "push", "--quiet", remote, "main", cwd=work))
        medians = {remote: statistics.median(times) for remote, times in taken.items()}
        for remote, median in medians.items():
            print(
                f"{remote:8} {1000 * median:7.0f} ms  (median of {ROUNDS} pushes of one commit, three files)"
            )
        print(f"ratio    {medians['judged'] / medians['plain']:7.1f}")


if __name__ == "__main__":
    main()
