"""Tasks as SWE-bench 5 keeps them: `sweb.yaml`, and a folder a task with its patches, its tests and its image's recipe.

The checker of SWE-bench accepts such a folder. What grades a task reads a log, and only some languages have a reader of
logs there; tasks in others stand in the table alone.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gitcorpus.canon import digest_bytes
from gitcorpus.model.steps import Fix

_RUNS: Final[Mapping[str, tuple[str, str, str]]] = {
    "go": ("go test -v -count=1 ./...", "parse_log_gotest", "golang-go"),
    "python": ("python3 -m pytest -rA -p no:cacheprovider", "parse_log_pytest", "python3-pytest"),
    "rust": ("cargo test --offline --no-fail-fast", "parse_log_cargo", "cargo"),
}
"""What runs the tests of a language, what reads its log, and the Debian package that brings it."""
_EVAL: Final = """\
#!/bin/bash
set -uxo pipefail
cd /testbed
{staged}cd {root}
: '>>>>> Start Test Output'
{command}
: '>>>>> End Test Output'
"""
_DOCKERFILE: Final = """\
# docker build --build-arg REPOSITORY=URL --tag {image} .
FROM debian:13-slim
ARG REPOSITORY
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates git {package}
RUN git clone "$REPOSITORY" /testbed && git -C /testbed checkout --quiet {commit}
WORKDIR /testbed
"""


class TaskFolder:
    """Writes one view's tasks below `swe/<view>/`."""

    def __init__(self, folder: Path, view: str, repo_name: str, version: str) -> None:
        self._folder = folder / "swe" / view
        self._dataset = f"{repo_name}/{view}"
        self._version = version
        self._splits: set[str] = set()

    def add(self, split: str, values: Mapping[str, Any], fix: Fix) -> None:
        """Write one task from its row, if there is something that reads the log of its language.

        Raises:
            OSError: what the disk says.
        """
        if fix.language not in _RUNS:
            return
        name = str(values["instance_id"])
        folder = self._folder / "tasks" / name
        folder.mkdir(parents=True, exist_ok=True)
        self._splits.add(split)
        for path, text in self._files(split, values, fix).items():
            (folder / path).write_text(text, encoding="utf-8", newline="")

    def close(self) -> None:
        """Write what names the dataset and its splits; nothing if there is no task.

        Raises:
            OSError: what the disk says.
        """
        if self._splits:
            config = {"datasets": [self._dataset], "splits": sorted(self._splits)}
            (self._folder / "sweb.yaml").write_text(_yaml(config), encoding="utf-8")

    def _files(self, split: str, values: Mapping[str, Any], fix: Fix) -> dict[str, str]:
        command, parser, package = _RUNS[fix.language]
        name = values["instance_id"]
        image = f"swebench/sweb.eval.x86_64.{name}:latest".lower().replace("__", "_1776_")
        task = {
            "base_commit": values["base_commit"],
            "created_at": values["created_at"],
            "datasets": [self._dataset],
            "environment_setup_commit": values["environment_setup_commit"],
            "eval_type": "pass_and_fail",
            "image": image,
            "instance_id": name,
            "log_parser": parser,
            "repo": values["repo"],
            "split": split,
            "version": self._version,
        }
        tests = {key: values[key] for key in ("FAIL_TO_PASS", "PASS_TO_PASS")}
        staged = _staged(str(values["test_patch"]))
        return {
            "task.yaml": _yaml(task),
            "tests.json": json.dumps(tests, indent=2, ensure_ascii=False) + "\n",
            "problem_statement.md": str(values["problem_statement"]),
            "gold.patch": str(values["patch"]),
            "test.patch": str(values["test_patch"]),
            "eval.sh": _EVAL.format(staged=staged, root=shlex.quote(fix.pair.root), command=command),
            "Dockerfile": _DOCKERFILE.format(image=image, package=package, commit=values["base_commit"]),
        }


def _staged(patch: str) -> str:
    """Return what brings the tests in; the end of the patch is marked by a word that it cannot hold."""
    if not patch:
        return ""
    word = f"END_{digest_bytes(patch.encode()).removeprefix('sha256:')[:32]}"
    return f"git apply - <<'{word}'\n{patch}{'' if patch.endswith(chr(10)) else chr(10)}{word}\n"


def _yaml(values: Mapping[str, Any]) -> str:
    """Write a mapping as YAML, of which JSON's values are a part."""
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
