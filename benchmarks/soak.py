"""A soak: many authors push at once for minutes, while git packs, releases are made and processes are killed.

    python -m benchmarks.soak --minutes 10 --authors 20

Each author has a clone, an account and a solution, and pushes now and then: good and bad commits to a topic branch of
their own, good ones to main, tags, and rehearsals. Meanwhile git collects garbage, a tag is released and verified, and
the gatekeeper or one of its children is killed, in turn. The same load runs first for a fifth of the time on a
repository without hooks. Printed are the wall times of pushes, which good ones were refused and which bad ones let in,
and what reconciler, ledger and doctor say at the end.
"""

import argparse
import os
import platform
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.grow import CORPUS, GATES, RELEASE
from benchmarks.push import GITCORPUS, PUSHER, gatekeeper_pid, run, stop

BETWEEN = 9.0
"""Seconds between two pushes of one author, on average."""
SHADOW = 15.0
"""Seconds after a kill in which a push counts as one that met it."""
TROUBLES = ("gc", "release", "kill parent", "gc", "release", "kill child")
KINDS = {"topic": 60, "main": 12, "bad": 12, "rehearsal": 8, "tag": 8}
RACES = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref", "stale info")
"""What git itself says to the later one of two who move a branch at the same time."""


class Pushed(NamedTuple):
    """One push: its kind, when it began, how long it took, and how it ended."""

    kind: str
    began: float
    seconds: float
    ending: str


@dataclass
class Soak:
    """A repository, its authors' clones, and what came of their pushes."""

    folder: Path
    bare: Path
    n_authors: int
    ends: float
    pushed: list[Pushed] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)

    def author(self, number: int) -> None:
        """Push now and then, until the time is over."""
        chance = random.Random(number)
        clone = self.folder / f"clone-{self.bare.stem}-{number}"
        run("git", "clone", "--quiet", self.bare, clone)
        for key, value in identity(number).items():
            run("git", "config", key, value, cwd=clone)
        count = 0
        while time.monotonic() < self.ends:
            time.sleep(chance.uniform(0, 2 * BETWEEN))
            count += 1
            (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
            self.push(clone, number, count, kind)

    def push(self, clone: Path, number: int, count: int, kind: str) -> None:
        run("git", "fetch", "--quiet", "--no-tags", cwd=clone)
        run("git", "checkout", "--quiet", "--detach", "origin/main", cwd=clone)
        solution = clone / f"corpus/u/t/a{number}"
        solution.mkdir(parents=True, exist_ok=True)
        text = "x = (\n" if kind == "bad" else f'"""Round {count} of author {number}."""\n\nX = {count}\n'
        (solution / "a.py").write_text(text)
        run("git", "add", "--all", cwd=clone)
        run("git", "commit", "--quiet", "--signoff", "--message", f"{kind} {count}", cwd=clone)
        refs = {"main": "HEAD:main", "tag": f"HEAD:refs/tags/t/{number}-{count}"}
        topic = f"+HEAD:refs/heads/a{number}/topic{count % 20}"
        options = ["--push-option=judge-only"] if kind == "rehearsal" else []
        began = time.monotonic()
        done = subprocess.run(
            ["git", "push", *options, "origin", refs.get(kind, topic)],
            cwd=clone,
            env={**os.environ, PUSHER: f"a{number}"},
            check=False,
            capture_output=True,
            text=True,
        )
        ending = self.ending(kind, done)
        self.pushed.append(Pushed(kind, began, time.monotonic() - began, ending))

    def ending(self, kind: str, done: subprocess.CompletedProcess[str]) -> str:
        if kind == "rehearsal":  # git calls what stores nothing declined
            ending = "rehearsed" if "nothing was stored" in done.stderr else "refused wrongly"
        elif kind == "bad":
            refused = done.returncode and (not is_judged(self.bare) or "syntax-error" in done.stderr)
            ending = "refused rightly" if refused else "let in wrongly"
        elif done.returncode == 0:
            ending = "let in"
        else:
            lost = kind == "main" and any(each in done.stderr for each in RACES)
            ending = "lost a race" if lost else "refused wrongly"
        if is_judged(self.bare) and ending.endswith("wrongly"):
            self.wrong.append(f"{kind}, {ending}:\n{done.stderr}")
        return ending

    def trouble(self) -> None:
        """Do what happens on a server, one after the other."""
        every = max(4.0, (self.ends - time.monotonic()) / (4 * len(TROUBLES)))
        count = 0
        while time.monotonic() + every < self.ends:
            time.sleep(every)
            what = TROUBLES[count % len(TROUBLES)]
            count += 1
            self.troubles[f"{what}: {getattr(self, what.replace(' ', '_'))()}"] += 1

    def gc(self) -> str:
        done = subprocess.run(
            ["git", "gc", "--quiet"], cwd=self.bare, check=False, capture_output=True, text=True
        )
        return "done" if done.returncode == 0 else done.stderr.strip()[:200]

    def release(self) -> str:
        out = self.folder / "release"
        shutil.rmtree(out, ignore_errors=True)
        words = ("release", "dataset/v1", "--repo", str(self.bare), "--output", str(out))
        for command in (words, ("verify", str(out), "--repo", str(self.bare))):
            done = subprocess.run([GITCORPUS, *command], check=False, capture_output=True, text=True)
            if done.returncode:
                return (done.stderr or done.stdout).strip()[:200]
        return "done"

    def kill_parent(self) -> str:
        return self.kill(gatekeeper_pid(self.bare))

    def kill_child(self) -> str:
        pid = gatekeeper_pid(self.bare)
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            children = []
        return self.kill(int(children[0]) if children else None)

    def kill(self, pid: int | None) -> str:
        if pid is None:
            return "none was warm"
        self.kills.append(time.monotonic())
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return "it had just ended"
        return "done"

    def run(self, *, troubles: bool) -> None:
        threads = [threading.Thread(target=self.author, args=(each,)) for each in range(self.n_authors)]
        threads += [threading.Thread(target=self.trouble)] if troubles else []
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def shadowed(self, push: Pushed) -> bool:
        """Tell whether a push met a kill: it was under way then, or began soon after."""
        return any(push.began - SHADOW < kill < push.began + push.seconds for kill in self.kills)


def is_judged(bare: Path) -> bool:
    return (bare / "hooks/pre-receive").exists()


def identity(number: int) -> dict[str, str]:
    return {"user.name": f"Author {number}", "user.email": f"a{number}@corpus.example"}


def specs(n_authors: int) -> dict[str, str]:
    person = "  - {{id: {0}, emails: [{0}@corpus.example], agreements: [{{id: ip, from: 2020-01-01}}]{1}}}"
    people = [person.format("lead", ", roles: [leads]")]
    people += [person.format(f"a{number}", "") for number in range(n_authors)]
    return {
        "specs/corpus.yaml": CORPUS,
        "specs/gates.yaml": GATES,
        "specs/release.yaml": RELEASE,
        "specs/curriculum.yaml": (
            "apiVersion: gitcorpus/v1\nkind: Curriculum\nunits:\n  - id: u\n    title: U\n    tasks:\n"
            "      - {id: t, title: T, languages: [python], prompt: Do it.}\n"
        ),
        "specs/contributors.yaml": "\n".join(
            (
                "apiVersion: gitcorpus/v1\nkind: Contributors\npeople:",
                *people,
                "agreements:\n  - {id: ip, text: agreements/ip.md, grants: work-for-hire}\n",
            )
        ),
        "agreements/ip.md": "All of it.\n",
        "LICENSES/CC0-1.0.txt": "No rights reserved.\n",
        "corpus/u/t/lead/a.py": "X = 1\n",
    }


def made(folder: Path, name: str, n_authors: int, *, hooks: bool) -> Path:
    """Make a repository that has specs, a first solution and a release tag."""
    bare, work = folder / f"{name}.git", folder / f"{name}-work"
    run(GITCORPUS, "server", "install", bare, "--admin", "lead", "--pusher-variable", PUSHER)
    if not hooks:
        for each in (bare / "hooks").iterdir():
            each.unlink()
    run("git", "clone", "--quiet", bare, work)
    for path, text in specs(n_authors).items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    for key, value in {"user.name": "Lead", "user.email": "lead@corpus.example"}.items():
        run("git", "config", key, value, cwd=work)
    run("git", "add", "--all", cwd=work)
    run("git", "commit", "--quiet", "--signoff", "--message", "specs", cwd=work)
    for refspec in ("HEAD:refs/heads/main", "HEAD:refs/tags/dataset/v1"):
        done = subprocess.run(
            ["git", "push", "--quiet", "origin", refspec],
            cwd=work,
            env={**os.environ, PUSHER: "lead"},
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
    return bare


def times(pushes: list[Pushed]) -> str:
    taken = sorted(push.seconds for push in pushes)
    if len(taken) < 2:  # noqa: PLR2004 - quantiles need two
        return f"{len(taken)} pushes"
    cuts = statistics.quantiles(taken, n=100)
    named = ", ".join(f"p{percent} {cuts[percent - 1]:.2f} s" for percent in (50, 95, 99))
    return f"{len(taken):5} pushes, {named}, longest {taken[-1]:.2f} s"


def report(soak: Soak, plain: Soak) -> Iterator[str]:
    yield f"without hooks          {times(plain.pushed)}"
    yield f"all                    {times(soak.pushed)}"
    yield f"no kill within {SHADOW:.0f} s    {times([each for each in soak.pushed if not soak.shadowed(each)])}"
    for (kind, ending), count in sorted(Counter((each.kind, each.ending) for each in soak.pushed).items()):
        yield f"  {kind:10}{ending:20}{count:6}"
    yield from (f"  {what} ({count} times)" for what, count in sorted(soak.troubles.items()))
    yield from soak.wrong
    for words in (("server", "reconcile"), ("ledger", "verify"), ("server", "doctor", "--quick")):
        done = subprocess.run([GITCORPUS, *words, soak.bare], check=False, capture_output=True, text=True)
        yield f"gitcorpus {' '.join(words)}: {done.returncode}\n{(done.stdout + done.stderr).rstrip()}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--authors", type=int, default=20)
    wanted = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} before", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder, seconds = Path(name), 60 * wanted.minutes
        plain = Soak(folder, made(folder, "plain", wanted.authors, hooks=False), wanted.authors, 0)
        plain.ends = time.monotonic() + seconds / 5
        plain.run(troubles=False)
        soak = Soak(folder, made(folder, "soak", wanted.authors, hooks=True), wanted.authors, 0)
        soak.ends = time.monotonic() + seconds
        soak.run(troubles=True)
        print("\n".join(report(soak, plain)))
        stop(soak.bare)
    if soak.wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
