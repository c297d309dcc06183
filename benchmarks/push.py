"""What judging adds to a push: the same pushes to repositories that differ only in their hooks, in turn.

Every round makes one commit of three small Python files in the example corpus and pushes it to every repository; the
order turns from round to round. Printed are medians, what each adds to a push without hooks, and the ratio. Then a
thousand commits are pushed at once to a corpus whose gates judge every commit. Run it as `make bench`, or

    python -m benchmarks.push --rounds 21 --commits 1000

With `--cpu` it measures where the time of the processor goes that a push of one file takes.

With `--grow` it measures instead what a push and a tag cost in corpora of 100 to 50,000 solutions.
"""

import argparse
import importlib.util
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / "peers"
GITCORPUS = Path(sys.executable).with_name("gitcorpus")
NORTH = {"user.name": "Author North", "user.email": "north@corpus.example"}
PUSHER = "REMOTE_USER"
"""Names the account that pushes: the author's."""
ASKING = "gitcorpus/asking"
WARMING = 4
"""Pushes after which a gatekeeper is as it stays."""
AIMS = {"python": 0.045, "compiled": 0.030}
"""Most seconds of the processor that hooks and gatekeeper should take for a push of one file."""
EVERY = ("paths", "objects", "size", "layout", "syntax", "rights")


def run(*command: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> str:
    words = [str(part) for part in command]
    environ = {**os.environ, PUSHER: "north"}
    done = subprocess.run(words, cwd=cwd, input=stdin, env=environ, check=False, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{shlex.join(words)} ended with {done.returncode}\n{done.stderr.decode()}")
    return done.stdout.decode().strip()


def seconds(*command: str | Path, cwd: Path) -> float:
    start = time.perf_counter()
    run(*command, cwd=cwd)
    return time.perf_counter() - start


@dataclass
class Contender:
    """A repository to push to, and what it is about."""

    name: str
    bare: Path
    aim: float | None = None
    """Most seconds that it should add."""
    branch: str = "main"
    before: Callable[[Path], None] = lambda _: None
    """What is done before each push that is measured."""
    taken: list[float] = field(default_factory=list)


def gatekeeper_pid(bare: Path) -> int | None:
    try:
        return int((bare / "gitcorpus/gatekeeper.pid").read_text())
    except FileNotFoundError:
        return None


def stop(bare: Path) -> None:
    """Stop a repository's gatekeeper, and wait until it has gone."""
    pid = gatekeeper_pid(bare)
    while pid is not None and Path(f"/proc/{pid}").exists():
        subprocess.run([GITCORPUS, "gatekeeper", "stop", bare], check=False, capture_output=True)
        time.sleep(0.2)


def settle(bare: Path) -> None:
    """Wait until the gatekeeper has recorded what landed, and is ready for the next push."""
    while any((bare / "gitcorpus/tickets").glob("*")):
        time.sleep(0.01)
    time.sleep(0.15)


class Place:
    """A work tree of the example corpus, and bare repositories beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        folder.mkdir()
        run(sys.executable, ROOT / "examples/first-corpus/play.py", self.work)
        for key, value in NORTH.items():
            run("git", "config", key, value, cwd=self.work)
        listed = run("git", "ls-files", "corpus", cwd=self.work).splitlines()
        self.solution = Path(next(path for path in listed if path.endswith(".py"))).parent

    def bare(self, name: str, hook: Path | None = None, *, settings: bool = False) -> Path:
        path = self.folder / f"{name}.git"
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", path)
        run("git", "remote", "add", name, path, cwd=self.work)
        if settings:  # those that gitcorpus sets, without its hooks
            run(GITCORPUS, "server", "install", path)
            for each in (path / "hooks").iterdir():
                each.unlink()
        if hook is not None:
            script = path / "hooks/pre-receive"
            script.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -I {shlex.quote(str(hook))}\n")
            script.chmod(0o755)
        return path

    def installed(self, name: str) -> Path:
        path = self.bare(name)
        run(GITCORPUS, "server", "install", path, "--admin", "north", "--pusher-variable", PUSHER)
        return path

    def commit(self, number: int) -> None:
        for name in ("alpha", "beta", "gamma"):
            text = f'"""Round {number}."""\n\n\ndef {name}() -> int:\n    return {number}\n'
            (self.work / self.solution / f"{name}.py").write_text(text)
        run("git", "add", "--all", cwd=self.work)
        run("git", "commit", "--quiet", "--signoff", "--message", f"round {number}", cwd=self.work)


def typical(place: Place, rounds: int) -> None:
    """Push one commit of three files, again and again."""
    contenders = [
        Contender("no hook", place.bare("plain")),
        Contender("no hook, settings of gitcorpus", place.bare("settings", settings=True)),
        Contender("no hook, known content", place.bare("again", settings=True), branch="again"),
        Contender("gitcorpus, warm", place.installed("warm"), aim=0.030, before=settle),
        Contender(
            "gitcorpus, known content", place.installed("known"), aim=0.020, before=settle, branch="again"
        ),
        Contender("gitcorpus, cold start", place.installed("cold"), aim=1.5, before=stop),
        Contender("hook in Python, every time", place.bare("python", PEERS / "cold_hook.py")),
    ]
    if importlib.util.find_spec("pre_commit") and importlib.util.find_spec("pre_commit_hooks"):
        contenders.append(
            Contender("pre-commit on the server", place.bare("precommit", PEERS / "pre_commit_hook.py"))
        )
    else:
        print("pre-commit on the server: not installed")
    for each in contenders:
        run("git", "push", "--quiet", each.bare.stem, "main", cwd=place.work)
    for number in range(rounds):
        place.commit(number)
        turn = number % len(contenders)
        for each in (*contenders[turn:], *contenders[:turn]):
            if each.branch != "main":
                run("git", "push", "--quiet", each.bare.stem, "main", cwd=place.work)
                settle(each.bare)
            each.before(each.bare)
            refspec = f"main:refs/heads/{each.branch}"
            each.taken.append(seconds("git", "push", "--quiet", each.bare.stem, refspec, cwd=place.work))
    show(contenders, rounds)
    for each in contenders:
        stop(each.bare)


def show(contenders: list[Contender], rounds: int) -> None:
    plain = {each.branch: each for each in contenders if each.bare.stem in ("settings", "again")}
    print(
        f"\none commit, three files: medians of {rounds} paired pushes; added to the same push without hooks"
    )
    print(f"{'':32}{'ms':>8}{'added':>9}{'ratio':>8}")
    for each in contenders:
        pairs = list(zip(each.taken, plain[each.branch].taken, strict=True))
        added = statistics.median(one - other for one, other in pairs)
        ratio = statistics.median(one / other for one, other in pairs)
        median = statistics.median(each.taken)
        print(
            f"{each.name:32}{1000 * median:8.0f}{1000 * added:9.0f}{ratio:8.1f}  {verdict(added, each.aim)}"
        )


def verdict(value: float, aim: float | None) -> str:
    if aim is None:
        return ""
    return f"aim < {1000 * aim:.0f} ms: " + (
        "met" if value < aim else f"missed by {1000 * (value - aim):.0f} ms"
    )


def processor(place: Place, rounds: int) -> None:
    """Say where the processor's time of a push of one file goes, with hooks in Python and with the compiled program."""
    from benchmarks.grow import gatekeeper_cpu, rest  # noqa: PLC0415 - it measures with what stands here

    plain, python, compiled = (
        place.bare("plain", settings=True),
        place.installed("python"),
        place.installed("compiled"),
    )
    (python / ASKING).unlink(missing_ok=True)
    bares = [plain, python, *([compiled] if (compiled / ASKING).exists() else [])]
    spent: dict[Path, list[tuple[float, float]]] = {bare: [] for bare in bares}
    for number in range(rounds + WARMING):
        (place.work / place.solution / "alpha.py").write_text(f'"""Round {number}."""\n\nALPHA = {number}\n')
        run("git", "add", "--all", cwd=place.work)
        run("git", "commit", "--quiet", "--signoff", "--message", f"round {number}", cwd=place.work)
        for bare in bares:
            before, kept = resource.getrusage(resource.RUSAGE_CHILDREN), gatekeeper_cpu(bare)
            run("git", "push", "--quiet", bare.stem, "main", cwd=place.work)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            hooks = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if bare != plain:
                settle(bare)
                rest(bare)
            spent[bare].append((hooks, gatekeeper_cpu(bare) - kept))
    print(f"\nprocessor's time of a push of one file, ms: means of {rounds} pushes after {WARMING}")
    print(f"{'':12}{'git push':>10}{'hooks add':>11}{'gatekeeper':>12}{'together':>10}")
    base = statistics.mean(hooks for hooks, _ in spent[plain][WARMING:])
    for bare in bares:
        hooks, kept = (statistics.mean(part) for part in zip(*spent[bare][WARMING:], strict=True))
        added = hooks - base
        aim = AIMS.get(bare.stem)
        row = f"{bare.stem:12}{1000 * hooks:10.1f}{1000 * added:11.1f}{1000 * kept:12.1f}{1000 * (added + kept):10.1f}"
        print(f"{row}  {verdict(added + kept, aim)}")
        stop(bare)


def every_commit(place: Place, count: int) -> None:
    """Push many commits at once to a corpus whose gates judge every commit."""
    gates = place.work / "specs/gates.yaml"
    own = "".join(f"  - {{id: {name}, uses: {name}, on: every-commit}}\n" for name in EVERY)
    gates.write_text(gates.read_text().replace("gates:\n", f"gates:\n{own}", 1))
    run("git", "commit", "--quiet", "--all", "--signoff", "--message", "judge every commit", cwd=place.work)
    base = run("git", "rev-parse", "HEAD", cwd=place.work)
    run("git", "fast-import", "--quiet", cwd=place.work, stdin=stream(place.solution, base, count))
    plain, judged = place.bare("many-plain"), place.installed("many")
    for bare in (plain, judged):
        run("git", "push", "--quiet", bare.stem, "main", cwd=place.work)
    settle(judged)
    print(
        f"\n{count} commits of three files in one push, every gate of the recommended profile on every commit"
    )
    for title, branch, aim in (("nothing known", "topic", 10.0), ("all known", "topic:again", 1.0)):
        taken = [
            seconds("git", "push", "--quiet", bare.stem, branch, cwd=place.work) for bare in (plain, judged)
        ]
        settle(judged)
        print(
            f"{title:32}{taken[1]:8.2f} s, without hooks {taken[0]:.2f} s  {verdict(taken[1] - taken[0], aim)}"
        )
    said = run(GITCORPUS, "gatekeeper", "status", judged)
    peak = int(said.partition("peak_mib: ")[2].split()[0])
    print(f"{'memory of the gatekeeper':32}{peak:8.0f} MiB at the peak of its largest process  (aim < 200)")
    stop(judged)


def stream(solution: Path, base: str, count: int) -> bytes:
    """Write commits for git fast-import."""
    who = "Author North <north@corpus.example>"
    parts = [f"reset refs/heads/topic\nfrom {base}\n\n".encode()]
    for number in range(count):
        message = f"step {number}\n\nSigned-off-by: {who}\n".encode()
        when = f"{who} {1770000000 + number} +0000"
        parts.append(f"commit refs/heads/topic\nauthor {when}\ncommitter {when}\n".encode())
        parts.append(b"data %d\n%s\n" % (len(message), message))
        for name in ("alpha", "beta", "gamma"):
            text = f'"""Step {number}."""\n\n\ndef {name}(x: int) -> int:\n    return x + {number}\n'.encode()
            parts.append(
                f"M 100644 inline {solution}/{name}.py\n".encode() + b"data %d\n%s\n" % (len(text), text)
            )
    return b"".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "15")))
    parser.add_argument("--commits", type=int, default=int(os.environ.get("COMMITS", "1000")))
    parser.add_argument("--cpu", action="store_true", help="measure where the processor's time goes")
    parser.add_argument("--grow", action="store_true", help="measure corpora that grow")
    parser.add_argument("--sizes", default="100,1000,10000,50000", help="solutions, with --grow")
    wanted = parser.parse_args()
    git = run("git", "version").split()[2]
    print(
        f"{os.cpu_count()} cores, git {git}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
    if wanted.grow:
        from benchmarks.grow import grow  # noqa: PLC0415 - it measures with what stands here

        grow([int(size) for size in wanted.sizes.split(",")], wanted.rounds)
        return
    with tempfile.TemporaryDirectory() as name:
        if wanted.cpu:
            processor(Place(Path(name, "processor")), wanted.rounds)
            return
        typical(Place(Path(name, "typical")), wanted.rounds)
        if wanted.commits:
            every_commit(Place(Path(name, "many")), wanted.commits)


if __name__ == "__main__":
    main()
