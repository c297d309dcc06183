"""Other people's programs judge a release, offline, and then each must refuse one fault that is put into a copy.

    python tests/judge/run.py RELEASE --repo REPO [--key SERVER.pub] [--gitcorpus COMMAND] [--only NAME...]

Each judge prints a line: accepted, rejected with what it found, or skipped with why. The exit code is 1 if one rejects
the release, or accepts its fault.
"""

import argparse
import contextlib
import io
import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.update(
    HF_DATASETS_DISABLE_PROGRESS_BARS="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_OFFLINE="1",
    TQDM_DISABLE="1",
    TRANSFORMERS_VERBOSITY="error",
)
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from said import manifest_of

Judge = Callable[[Path], Iterator[str]]


def judges_of(said: argparse.Namespace) -> dict[str, Judge | str]:
    """Return every judge, or why it has nothing to judge."""
    from digests import judge_duckdb, judge_polars
    from load import judge_datasets, judge_jsonl, judge_mlcroissant
    from outside import judge_blame, judge_dsse, judge_rebuild, judge_reuse, judge_swebench
    from trainers import judge_trainers

    formats = {view["format"] for view in manifest_of(said.release)["views"]}
    reuse = Path(sys.executable).parent / "reuse"
    return {
        "datasets": judge_datasets,
        "jsonl": judge_jsonl if "openai" in formats else "no view is written as JSON Lines",
        "mlcroissant": judge_mlcroissant,
        "trainers": judge_trainers,
        "swebench": judge_swebench if "swe_task" in formats else "no view has tasks",
        "reuse": partial(judge_reuse, program=reuse),
        "dsse": partial(judge_dsse, key=said.key) if said.key else "name the server's public key with --key",
        "duckdb": judge_duckdb,
        "polars": judge_polars,
        "blame": partial(judge_blame, repo=said.repo) if said.repo else "name the repository with --repo",
        "rebuild": partial(judge_rebuild, repo=said.repo, gitcorpus=said.gitcorpus)
        if said.repo
        else "name the repository with --repo",
    }


def found_by(judge: Judge, release: Path) -> list[str]:
    """Return what a judge says against a release; that it cannot read it speaks against it too."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return list(judge(release))
    except Exception as error:  # noqa: BLE001 - whatever another program raises
        return [f"{type(error).__name__}: {error}".split("\n")[0][:300]]


def main() -> int:
    """Judge, and say what was found."""
    from faults import FAULTS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("release", type=Path)
    parser.add_argument("--repo", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--gitcorpus", default="gitcorpus")
    parser.add_argument("--only", nargs="*", default=[])
    said = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="gitcorpus-judge-") as place:
        for name, judge in judges_of(said).items():
            if said.only and name not in said.only:
                continue
            if isinstance(judge, str):
                print(f"skipped   {name}: {judge}", flush=True)
                continue
            began = time.monotonic()
            whole = Path(shutil.copytree(said.release, Path(place) / name / "whole"))
            found = found_by(judge, whole)
            seconds = time.monotonic() - began
            print(f"{'rejected' if found else 'accepted':9} {name} ({seconds:.0f} s)", flush=True)
            broken = Path(shutil.copytree(said.release, Path(place) / name / "broken"))
            FAULTS[name](broken)
            seeded = found_by(judge, broken)
            first = FAULTS[name].__doc__.rstrip(".").lower()
            if seeded:
                print(f"            and finds a fault ({first}): {seeded[0][:140]}", flush=True)
            else:
                print(f"            and does not find a fault: {first}", flush=True)
            for each in found[:10]:
                print(f"            {each}", flush=True)
            bad += bool(found) or not seeded
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
