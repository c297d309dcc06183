"""`make demo`: the whole idea in under a minute, with real commands and what they really print.

A corpus is played from `history.yaml` into a temporary folder. A server takes it, refuses five mistakes, and a
tag becomes a release, which is verified, traced and loaded. The folder stays, so that one can go on from there.
Whatever does not end as it should ends the demo with exit code 1.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from mistakes import load_mistakes
from play import play

PROGRAMS = Path(sys.executable).parent
WIDTH = 80
SHOWN = ("syntax-error", "unknown-task", "unsigned", "escaping-symlink", "broken-spec")
ADMIN = "lead"
COUNT_ROWS = """\
import sys
from datasets import load_dataset
for view in sys.argv[2:]:
    for split, rows in load_dataset(sys.argv[1], view).items():
        print(f"{view:12}{split:12}{rows.num_rows:4} rows of {', '.join(rows.column_names)}")
"""
FIRST_RECORD = """\
import sys
from pathlib import Path
from pyarrow.parquet import read_table
for path in sorted(Path(sys.argv[1]).glob("data/completion/*.parquet")):
    for row in read_table(path).to_pylist():
        if "def retry(" in row["completion"]:
            at = row["completion"].splitlines().index("    if attempts < 1:") + 1
            print(f"{row['record_id']}:{at}")
"""


class Stage:
    """Says what happens, runs commands in one folder, and shows what they print."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = time.monotonic()
        self.environment = {
            "PATH": os.pathsep.join((str(PROGRAMS), os.environ.get("PATH", os.defpath))),
            "HOME": str(folder / "home"),
            "COLUMNS": str(WIDTH - 2),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(folder / "home" / "datasets"),
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
            "LC_ALL": "C.UTF-8",
            "REMOTE_USER": ADMIN,
        }

    def title(self, text: str) -> None:
        """Begin a part."""
        print(f"\n\n{text}\n{'-' * len(text)}", flush=True)

    def say(self, text: str) -> None:
        """Tell in a paragraph what comes."""
        print()
        print(textwrap.fill(" ".join(text.split()), WIDTH), flush=True)

    def run(self, command: str, *, expect: int = 0, most: int = 14) -> str:
        """Run a command as it stands, show it and its output, and end the demo if it ends otherwise."""
        print(f"\n$ {command}", flush=True)
        code, output = self.quietly(shlex.split(command))
        self.show(output, most=most)
        if code != expect:
            self.fail(f"exit code {code} where {expect} was expected", output)
        return output

    def show(self, output: str, *, most: int = 20) -> None:
        """Print what a command printed, folded to the width."""
        lines = [part for line in output.splitlines() for part in folded(line)]
        for line in lines[:most]:
            print(f"  {line}")
        if len(lines) > most:
            print(f"  ... and {len(lines) - most} more lines")

    def quietly(self, command: list[str]) -> tuple[int, str]:
        """Run a command and return its exit code and all that it prints."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def python(self, script: str, *arguments: str) -> str:
        """Run a short script with this Python and return what it prints."""
        code, output = self.quietly([sys.executable, "-c", script, *arguments])
        if code:
            self.fail("the script failed", output)
        return output

    def fail(self, why: str, output: str) -> None:
        """End the demo with everything that the last command printed."""
        print(output, file=sys.stderr)
        print(f"demo: {why}; everything is in {self.folder}", file=sys.stderr)
        raise SystemExit(1)


def folded(line: str) -> list[str]:
    """Cut a line to the width; what `remote:` says of long blanks at its end goes."""
    line = line.rstrip()
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, WIDTH - 2, subsequent_indent=indent, break_on_hyphens=False) or [""]


def install(stage: Stage) -> None:
    """Play the corpus, and put gitcorpus into an empty repository."""
    stage.title("1  A corpus and a server")
    stage.say(
        """work/ is a small corpus: eight tasks in three units, twelve solutions in Python, Go, Bash and HCL,
        twenty-eight commits by four people. corpus.git is an empty repository that is to receive it."""
    )
    play(stage.folder / "work")
    stage.run("git init --quiet --bare --initial-branch=main corpus.git")
    stage.run("git -C work remote add origin ../corpus.git")
    stage.run(f"gitcorpus server install corpus.git --admin {ADMIN} --pusher-variable REMOTE_USER")


def accept(stage: Stage) -> None:
    """Push the first specs, and the good work after them."""
    stage.title("2  Good work comes in")
    stage.say(
        """The first push brings the specs. Only an administrator may make it, and only with specs that load;
        from then on they judge. A web server would name the pusher in REMOTE_USER; here it says lead."""
    )
    _, commits = stage.quietly(["git", "-C", "work", "rev-list", "--max-parents=0", "main"])
    stage.run(f"git -C work push --quiet origin {commits.strip()[:12]}:refs/heads/main")
    stage.say(
        """All the work of January and February follows. The gates read every file and every author. From now on
        everybody pushes with an account of their own; what four people made before, an administrator imports."""
    )
    stage.run("git -C work push --quiet -o gitcorpus.import origin main")


def refuse(stage: Stage) -> None:
    """Push mistakes, each refused for its own reason."""
    stage.title("3  Five mistakes stay out")
    mistakes = {mistake.name: mistake for mistake in load_mistakes()}
    for number, name in enumerate(SHOWN, start=1):
        mistake = mistakes[name]
        mistake.commit(stage.folder / "work")
        stage.say(f"Mistake {number}: {mistake.title}.")
        stage.environment["REMOTE_USER"] = mistake.pusher
        output = stage.run(f"git -C work push --quiet origin {mistake.branch}", expect=1, most=18)
        if f"{mistake.code}:" not in output:
            stage.fail(f"the refusal does not name {mistake.code}", output)
    stage.environment["REMOTE_USER"] = ADMIN
    stage.say("Every verdict, refusals too, stands in the ledger, where each entry seals the one before.")
    stage.run("gitcorpus ledger verify corpus.git")


def release(stage: Stage) -> None:
    """Push the tag, compile it, and check the release."""
    stage.title("4  A tag becomes a release")
    stage.run("git -C work push --quiet origin dataset/v1")
    stage.run("gitcorpus release dataset/v1 --repo corpus.git -o release")
    stage.say(
        "Anybody can check it: digests, every line against git blame, and a second build, byte by byte."
    )
    stage.run("gitcorpus verify release --repo corpus.git")


def trace(stage: Stage) -> None:
    """Ask where one line of one record came from."""
    stage.title("5  Every line knows where it came from")
    stage.say("One line of one completion. Author South added it to a file that Author North began.")
    record, _, line = stage.python(FIRST_RECORD, "release").strip().removeprefix("sha256:").partition(":")
    output = stage.run(f"gitcorpus trace release {record[:12]}:{line} --field /completion")
    if "south@corpus.example" not in output:
        stage.fail("the line is not traced to its author", output)


def load(stage: Stage) -> None:
    """Load every view as a trainer does."""
    stage.title("6  A trainer loads it")
    stage.say('load_dataset("release", VIEW) for each view, offline:')
    views = ("sft", "completion", "pretrain", "lm_text")
    output = stage.python(COUNT_ROWS, "release", *views)
    stage.show(output)
    if any(f"{view:12}" not in output for view in views):
        stage.fail("a view did not load", output)


def go_on(stage: Stage) -> None:
    """Say what to try next."""
    seconds = time.monotonic() - stage.started
    stage.title(f"7  Go on from here ({seconds:.0f} seconds)")
    print(f"""
Everything stays in {stage.folder}:

  cd {stage.folder}
  export PATH={shlex.quote(str(PROGRAMS))}:$PATH
  gitcorpus ledger show corpus.git    what was decided, and why
  less release/README.md              the card of the release
  gitcorpus spec check work           edit work/specs first, and break them
  gitcorpus init my-corpus            start a corpus of your own

docs/start tells the same story slowly.""")


def main() -> None:
    """Play all parts."""
    stage = Stage(Path(tempfile.mkdtemp(prefix="gitcorpus-demo-")))
    for part in (install, accept, refuse, release, trace, load, go_on):
        part(stage)


if __name__ == "__main__":
    main()
