"""Plays the corpus that is judged into a folder: a server, pushes refused and accepted, a tag, a release of every view.

    python tests/judge/corpus.py FOLDER

FOLDER gets `corpus.git`, `release/` and `server.pub`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from flows.test_views import RANKS, TESTS
from forge import Forge
from smallest import ADD, RELEASE, SPECS

from gitcorpus.shipped import shipped_path

SUBTRACT = "corpus/basics/subtract/south"
BAD = '# adds\ndef add(a, b):\n    """Return the sum of both."""\n    return a - b\n'
VIEW = SPECS["specs/views/pairs.yaml"] + "split: {by: family, train: 0.5, test: 0.5}\n"


def play(folder: Path) -> None:
    """Push, be refused, push again, tag and release."""
    forge = Forge(folder)
    bare = forge.bare()
    program = str(Path(sys.executable).parent / "gitcorpus")
    environ = {**os.environ, "PUSHER": "lead"}

    def run(*words: str | Path) -> None:
        subprocess.run([program, *words], check=True, env=environ, stdout=subprocess.DEVNULL)

    run("server", "install", bare, "--admin", "lead", "--pusher-variable", "PUSHER")
    file = bare / "gitcorpus/server.yaml"
    file.write_text(file.read_text() + "refused: {keep_days: 30}\n")
    work = forge.clone(bare)
    views = sorted(path.stem for path in shipped_path("specs", "views").glob("*.yaml"))
    listed = "".join(f'  - "gitcorpus:{name}"\n' for name in views)
    release = f"{RELEASE.split('views:')[0]}views:\n  - pairs\n{listed}license: LicenseRef-Test\n"
    files = {**SPECS, "specs/views/pairs.yaml": VIEW, "specs/release.yaml": release}
    work.commit(files, "specs", author="lead")
    lead, north = {"PUSHER": "lead"}, {"PUSHER": "north"}
    _must(work.push("HEAD:main", env=lead).accepted)
    work.commit({f"{ADD}/add.py": BAD.replace("a - b", "a -"), f"{ADD}/test_add.py": TESTS}, "add")
    _must(not work.push("HEAD:main", env=north).accepted)
    work.git("reset", "--quiet", "--soft", "HEAD~1")
    bad = "Add, badly\n\nIt subtracts.\n\nStep: bad\nCWE: CWE-682"
    work.commit({f"{ADD}/add.py": BAD}, bad, author="south")
    more = {
        f"{SUBTRACT}/TASK.md": "Subtract.\n",
        f"{SUBTRACT}/subtract.py": "def subtract(a, b):\n    return a - b\n",
    }
    work.commit({**more, f"{ADD}/RANKS.yaml": RANKS}, "subtract, and ranks", author="south")
    _must(work.push("HEAD:draft", env={"PUSHER": "south"}).accepted)
    work.commit({f"{ADD}/add.py": BAD.replace("a - b", "a + b")}, "Add as it should be\n\nStep: good")
    _must(work.push("HEAD:main", env=north).accepted)
    work.tag("v1", message="one")
    _must(work.push("v1", env=lead).accepted)
    run("release", "v1", "--repo", bare, "-o", folder / "release")
    run("verify", folder / "release", "--repo", bare)
    shutil.copy(bare / "gitcorpus/signing.pub", folder / "server.pub")


def _must(said: bool) -> None:
    if not said:
        raise SystemExit("a push did not end as it should")


if __name__ == "__main__":
    play(Path(sys.argv[1]).resolve())
