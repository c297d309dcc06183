"""The dataset card: what the release is, for people, with the configs that `datasets` loads, for programs."""

from collections.abc import Mapping
from typing import Any, Final

from gitcorpus.canon import canonical
from gitcorpus.compiler.schemas import PROVENANCE
from gitcorpus.model.declaration import Stage

_STAGES: Final = {
    Stage.MERGE: "The commit passed all gates that judge a merge into the policy branch",
    Stage.PUSH: "The commit passed the gates that judge every push, and not those that judge a merge",
}


def render_card(manifest: Mapping[str, Any]) -> str:
    """Return README.md from the manifest alone."""
    return "\n".join([*_front(manifest), *_text(manifest)]) + "\n"


def _quoted(text: str) -> str:
    """Write a string as YAML: JSON's form is one of YAML's."""
    return canonical(text).decode()


def _front(manifest: Mapping[str, Any]) -> list[str]:
    lines = ["---", "configs:"]
    for view in manifest["views"]:
        lines += [f"- config_name: {_quoted(view['name'])}", "  data_files:"]
        for split in view["splits"]:
            lines += [
                f"  - split: {_quoted(split['name'])}",
                f"    path: data/{view['name']}/{split['name']}-*.parquet",
            ]
    for name in _with_rows(manifest):
        lines += [f"- config_name: provenance_{name}", "  data_files:", "  - split: train"]
        lines += [f"    path: provenance/{name}.parquet"]
    lines += ["license: other", f"license_name: {_quoted(manifest['license'])}", "---", ""]
    return lines


def _with_rows(manifest: Mapping[str, Any]) -> list[str]:
    """Return the tables of provenance that are configs: loaders refuse one that has no rows."""
    rows = {table["path"]: table["rows"] for table in manifest["tables"]}
    return [name for name in PROVENANCE if rows.get(f"provenance/{name}.parquet")]


def _text(manifest: Mapping[str, Any]) -> list[str]:
    lines = [f"# {manifest['name']} {manifest['version']}", ""]
    if manifest["unverified"]:
        lines += [
            "> **Unverified.** No accepted verdict of a server stands behind this release's commit.",
            "",
        ]
    made = f"Compiled by gitcorpus from the tag `{manifest['tag']}` (commit `{manifest['commit']}`)"
    lines += [f"{made}, dated {manifest['created_at']}.", f"Licence: `{manifest['license']}`."]
    if judged := manifest.get("judged"):
        lines += [f"{_STAGES[judged['stage']]}; the specs of commit `{judged['policy']}` declare them."]
    lines += [""]
    lines += ["| view | format | split | rows |", "|---|---|---|---|"]
    for view in manifest["views"]:
        for split in view["splits"]:
            lines += [f"| {view['name']} | {view['format']} | {split['name']} | {split['rows']} |"]
    lines += ["", "```python", "from datasets import load_dataset", ""]
    first = manifest["views"][0]
    lines += [f"rows = load_dataset(DIR, {first['name']!r}, split={first['splits'][0]['name']!r})", "```", ""]
    lines += [
        "## Where every line came from",
        "",
        "`provenance/lines.parquet` covers every line of every text field exactly once. `record_ix` joins",
        "`provenance/records.parquet`, which has each record's `record_id`. `source_ix` joins",
        "`provenance/sources.parquet`: the commit and path that `git blame` names, and the blob. `commit_ix` joins",
        "`provenance/commits.parquet`.",
        "",
        *_authorship(manifest),
        "## Limits",
        "",
    ]
    left = ", ".join(f"{reason} {n}" for reason, n in manifest["omissions"].items()) or "nothing"
    lines += [f"Left out (`omissions.parquet` says what and why): {left}."]
    lines += ["Declared splits that got no record are not written.", ""]
    if empty := [f"`provenance/{name}.parquet`" for name in PROVENANCE if name not in _with_rows(manifest)]:
        lines += [f"Without rows, and so no config: {', '.join(empty)}.", ""]
    if agreement := manifest.get("agreement"):
        alpha = agreement["alpha"] or "none: nothing was ranked twice"
        of = f"{agreement['annotators']} annotators over {agreement['compared']} answers that several ranked"
        lines += [f"Agreement of {of} ({agreement['coefficient']}, {agreement['level']}): {alpha}.", ""]
    lines += [
        "## Verify",
        "",
        "```sh",
        "sha256sum --check SHA256SUMS",
        "gitcorpus verify DIR --repo REPOSITORY --key SERVER.pub",
        "```",
    ]
    return lines


_RESTS_ON: Final = {
    "signed-commit": "a key of the author signed the commit",
    "transport": "the author's own account was the first to push it",
    "none": "nothing but what the commit says of itself",
}


def _authorship(manifest: Mapping[str, Any]) -> list[str]:
    """Say what the release's authorship rests on."""
    counts = manifest.get("authorship")
    if not counts:
        return []
    lines = [
        "## What authorship rests on",
        "",
        "Who wrote a line is what its commit says. `evidence` in `provenance/commits.parquet` says what stands behind",
        "that, by the server's ledger and the keys in the specs of the release.",
        "",
        "| evidence | what it means | commits | lines |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {meaning} | {counts[name]['commits']} | {counts[name]['lines']} |"
        for name, meaning in _RESTS_ON.items()
    ]
    imported = counts["imported"]
    if imported["commits"]:
        lines += [
            "",
            f"An admin imported {imported['commits']} of the commits, with {imported['lines']} lines, as",
        ]
        lines += ["history of others."]
    return [*lines, ""]
