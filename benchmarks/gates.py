"""What gates that read or run code cost: rules over a real tree, one start of the sandbox, mutation of one function.

    python -m benchmarks.gates style --tree DIR --files 1000
    python -m benchmarks.gates sandbox --rounds 41
    python -m benchmarks.gates mutation --package inflection==0.5.1 --tools DIR

`style` reads the Python files of a tree that is not ours (the standard library's, if none is given) and tells megabytes
a second of one processor, beside parsing alone. `sandbox` runs /bin/true on three files, with and without a room of its
own, in turn: as whoever starts it and, if that is the superuser, as an ordinary account; with control groups where they
can be made. `mutation` takes a package with its tests from the package index, runs
mutmut on it as its users do, and then the gate: on all functions, which must give the same mutants with the same fates,
and on a push that changes one function. `--tools` is an environment that has mutmut and pytest.
"""

import argparse
import os
import pickle
import statistics
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from forge import Forge, Work  # noqa: E402
from gates.pushes import candidate_of, result_of  # noqa: E402
from smallest import ADD, SERVER, smallest  # noqa: E402

from gitcorpus.gates import mutation as mutation_gate  # noqa: E402
from gitcorpus.gates.mutants import Mutant, mutants_of  # noqa: E402
from gitcorpus.gates.mutants.changed import changed_functions  # noqa: E402
from gitcorpus.gates.registry import built_in  # noqa: E402
from gitcorpus.gates.solutions import solution_at  # noqa: E402
from gitcorpus.model.place import Oid  # noqa: E402
from gitcorpus.model.server import Sandbox, Server  # noqa: E402
from gitcorpus.sandbox import GivenFile, Job, Limits, run_job  # noqa: E402
from gitcorpus.spec.load import ready_pack  # noqa: E402
from gitcorpus.syntax import faults  # noqa: E402
from gitcorpus.syntax.grammars import parse  # noqa: E402
from gitcorpus.syntax.rules import RuleSet  # noqa: E402

LARGEST = 1 << 20
SMALL = range(1000, 4000)
START = 0.020
"""Most seconds that the sandbox should add to one start."""
STRANGER = 23458
SYSTEM_PYTHON = Path("/usr/bin/python3.11")


def texts(tree: Path, most: int) -> list[bytes]:
    found = sorted(path for path in tree.rglob("*.py") if "site-packages" not in path.parts)
    read = (path.read_bytes() for path in found if path.stat().st_size < LARGEST)
    return [data for data in read if data and b"\0" not in data][:most]


def style(options: argparse.Namespace) -> None:
    data = texts(Path(options.tree), options.files)
    total = sum(map(len, data))
    print(f"{len(data)} files of {options.tree}, {total / 1e6:.1f} MB; processor time, medians of three")
    pack = ready_pack("gitcorpus:python")
    rules = RuleSet(pack.rules, "python")
    rows = {
        "parse alone": lambda each: parse(each, "python"),
        "syntax": lambda each: faults(each, "python"),
        f"style, {len(pack.rules)} rules": lambda each: rules.work(each, "python", None, None),
    }
    for name, work in rows.items():
        spent, small = [], []
        for _ in range(3):
            start = time.process_time()
            for each in data:
                began = time.process_time()
                work(each)
                if len(each) in SMALL:
                    small.append(time.process_time() - began)
            spent.append(time.process_time() - start)
        each_small = f"{1000 * statistics.median(small):.2f} ms a small file" if small else ""
        print(f"{name:24} {total / 1e6 / statistics.median(spent):6.2f} MB/s  {each_small}")
    print("aims: over 3 MB/s on one core, under 1 ms a small file")


def sandbox(options: argparse.Namespace) -> None:
    print(
        f"/bin/true on three files: medians of {options.rounds} paired runs; added to the same run unconfined"
    )
    print(f"{'':40}{'ms':>8}{'added':>9}{'ratio':>8}")
    rooms = {"": Sandbox()}
    if groups():
        rooms[", with control groups"] = Sandbox(cgroups=groups())
    who = "superuser" if os.geteuid() == 0 else "ordinary account"
    for title, box in rooms.items():
        show_start(f"{who}{title}", starts(box, options.rounds))
    if os.geteuid() == 0 and SYSTEM_PYTHON.is_file():
        show_start("ordinary account", as_stranger(lambda: starts(Sandbox(), options.rounds)))


def starts(box: Sandbox, rounds: int) -> list[tuple[float, float]]:
    """Return seconds of each pair of runs: confined, unconfined; the first of the two changes from pair to pair."""
    files = [GivenFile(f"src/{name}.py", b"x = 1\n" * 50) for name in ("alpha", "beta", "gamma")]
    boxes = [box, Sandbox(unconfined=True)]
    taken = []
    for number in range(rounds + 1):
        pair = [0.0, 0.0]
        for which in (0, 1) if number % 2 else (1, 0):
            start = time.perf_counter()
            run_job(Job(command=("/bin/true",)), files=files, limits=Limits(), sandbox=boxes[which])
            pair[which] = time.perf_counter() - start
        taken.append((pair[0], pair[1]))
    return taken[1:]


def show_start(title: str, pairs: list[tuple[float, float]]) -> None:
    median = statistics.median(one for one, _ in pairs)
    added = statistics.median(one - other for one, other in pairs)
    ratio = statistics.median(one / other for one, other in pairs)
    aim = f"aim < {1000 * START:.0f} ms: {'met' if added < START else 'missed'}"
    print(f"{title:40}{1000 * median:8.1f}{1000 * added:9.1f}{ratio:8.2f}  {aim}")


def groups() -> tuple[str, ...]:
    """Return folders of control groups of version 1 in which this account may make some, or none."""
    found = {}
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            found.update({name: f"/sys/fs/cgroup/{name}{path}".rstrip("/") for name in names.split(",")})
    chosen = tuple(found.get(name, "") for name in ("memory", "pids"))
    return chosen if all(name and os.access(name, os.W_OK) for name in chosen) else ()


def as_stranger(work: Callable[[], list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Do something in a child that is an ordinary account."""
    answers, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(STRANGER, STRANGER, STRANGER)
            os.setresuid(STRANGER, STRANGER, STRANGER)
            sys.executable = str(SYSTEM_PYTHON)
            with os.fdopen(answer, "wb") as told:
                pickle.dump(work(), told)
        finally:
            os._exit(0)
    os.close(answer)
    with os.fdopen(answers, "rb") as told:
        said = told.read()
    os.waitpid(pid, 0)
    return pickle.loads(said)


def package(options: argparse.Namespace, folder: Path) -> dict[str, bytes]:
    """Return the modules and tests of a source package, flat."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*command, "--dest", str(folder), options.package], check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        named = [member for member in tar if member.isfile() and member.name.endswith(".py")]
        files = {member.name.split("/", 1)[1]: tar.extractfile(member).read() for member in named}
    return {name: data for name, data in files.items() if not name.startswith(("setup.py", "docs/"))}


def plain(files: dict[str, bytes], folder: Path, python: Path) -> tuple[float, set[tuple]]:
    """Run mutmut as its users do; return the seconds and every mutant with its fate."""
    sources = [name for name in files if not Path(name).name.startswith(("test_", "conftest"))]
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    tops = sorted({name.split("/")[0] for name in sources})
    (folder / "setup.cfg").write_text("[mutmut]\nsource_paths=\n" + "".join(f"  {top}\n" for top in tops))
    start = time.perf_counter()
    subprocess.run(
        [str(python), "-m", "mutmut", "run", "--max-children", "2"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    seconds = time.perf_counter() - start
    taken = {
        path.relative_to(folder.parent).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return seconds, set(map(told, mutants_of(taken, folder.name)))


def told(mutant: Mutant) -> tuple:
    return mutant.name, mutant.path, mutant.function, mutant.removed, mutant.added, mutant.fate.value


def mutation(options: argparse.Namespace) -> None:
    tools = Path(options.tools).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = package(options, folder)
        for made in ("plain", "corpus"):
            (folder / made).mkdir()
        whole, mutants = plain(files, folder / "plain", tools / "bin" / "python")
        print(f"{options.package}: {len(mutants)} mutants; mutmut as its users run it: {whole:.1f} s")
        sandbox = Sandbox(mounts=(str(tools), sys.base_prefix), path=(str(tools / "bin"),))
        server = replace(SERVER, sandbox=sandbox)
        work = smallest(Forge(folder / "corpus"))
        work.git("checkout", "--quiet", "--detach")
        tip = work.commit({f"{ADD}/{path}": data for path, data in files.items()})
        gate = built_in("mutation")
        caught: list[Mutant] = []
        start = time.perf_counter()
        for found in watched(caught):
            result = result_of(candidate_of(work, tip, server=server), found(gate))
        spent = time.perf_counter() - start
        same = {told(each) for each in caught}
        print(f"the gate on all functions: {spent:.1f} s, {result.state.value}; ", end="")
        print(
            "the same mutants and fates"
            if same == mutants
            else f"DIFFERENT: {len(same ^ mutants)} of {len(mutants)}"
        )
        work.git("branch", "--force", "main")
        changed = one_function(work, tip, server, files)
        start = time.perf_counter()
        result = result_of(candidate_of(work, changed, server=server), gate)
        spent = time.perf_counter() - start
        share = f"{100 * spent / whole:.0f}% of mutmut's whole run (aim < 25%)"
        print(f"a push that changes one function: {spent:.1f} s, {share}")


def watched(caught: list[Mutant]) -> Iterator:
    """Give a gate that judges all functions, and whose mutants are seen on their way to findings."""

    def seen(taken: dict[str, bytes], folder: str) -> Iterator[Mutant]:
        for mutant in mutants_of(taken, folder):
            caught.append(mutant)
            yield mutant

    mutation_gate.mutants_of = seen
    yield lambda declared: replace(declared, parameters={"functions": "all"})
    mutation_gate.mutants_of = mutants_of


def one_function(work: Work, tip: Oid, server: Server, files: dict[str, bytes]) -> str:
    """Commit a line more in the function with the most usual number of lines."""
    candidate = candidate_of(work, tip, server=server)
    solution = solution_at(candidate.snapshot, candidate.matcher, ADD)
    found = list(changed_functions(candidate, solution, whole=True))
    chosen = sorted(found, key=lambda each: each.function.last - each.function.begins)[len(found) // 2]
    lines = files[chosen.path].decode().split("\n")
    lines.insert(chosen.function.last, "    # one line more")
    last = lines[chosen.function.last - 1]
    lines[chosen.function.last - 1] = last + "  # changed"
    print(f"changed: {chosen.function.name}")
    return work.commit({f"{ADD}/{chosen.path}": "\n".join(lines)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("style")
    part.add_argument("--tree", default=sysconfig.get_paths()["stdlib"])
    part.add_argument("--files", type=int, default=1000)
    part.set_defaults(run=style)
    part = parts.add_parser("sandbox")
    part.add_argument("--rounds", type=int, default=41)
    part.set_defaults(run=sandbox)
    part = parts.add_parser("mutation")
    part.add_argument("--package", default="inflection==0.5.1")
    part.add_argument("--tools", default=str(ROOT / ".tools"))
    part.set_defaults(run=mutation)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    os.umask(0o022)
    main()
