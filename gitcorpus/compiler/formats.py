"""The exact columns of the known formats, as Arrow types, and what each fills by itself."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from gitcorpus.catalog.derived import Derived
from gitcorpus.catalog.tables import column_type
from gitcorpus.compiler.schemas import OMISSIONS, PROVENANCE
from gitcorpus.model.entry import Json
from gitcorpus.model.format import FAMILIES, FORMATS, Leaf, ListOf, Shape
from gitcorpus.model.traced import Piece, Source, TracedText, join
from gitcorpus.model.tree import moment_of
from gitcorpus.model.view import View

_LEAVES: Final = {
    Leaf.TEXT: pa.string(),
    Leaf.WORD: pa.string(),
    Leaf.FLAG: pa.bool_(),
    Leaf.WHOLE: pa.int64(),
}
_TOOLS: Final = json.dumps(
    [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": description,
                "parameters": {
                    "type": "object",
                    "properties": {each: {"type": "string", "description": said[each]} for each in said},
                    "required": list(said),
                },
            },
        }
        for name, description, said in (
            (
                "write_file",
                "Write a file of the solution.",
                {"path": "Path within the solution.", "content": "All of its text."},
            ),
            ("delete_file", "Delete a file of the solution.", {"path": "Path within the solution."}),
        )
    ],
    ensure_ascii=False,
)
"""The tools that a trajectory calls, as JSON Schema; a text, so that every reader takes it."""
_INDEX_BITS: Final = 48
ATTRIBUTED: Final = frozenset({"pretrain"})
"""Formats in which something is filled in that git attributes say of a file."""


def view_schema(view: View) -> pa.Schema:
    """Return the Arrow schema of a view: `record_id`, the format's columns, the view's own, in this order."""
    known = FORMATS[view.format]
    named = {**known.declared, **{name: known.optional[name] for name in known.optional}, **known.filled}
    fields = {"record_id": pa.string(), **{name: arrow_type(shape) for name, shape in named.items()}}
    fields |= {name: pa.string() for name in view.record if name not in fields}
    fields |= {f"text_{family}": pa.string() for family, _ in view.families}
    fields |= {name: column_type(view.source, name) for name in view.columns if name not in fields}
    return pa.schema(list(fields.items()))


def table_schemas(views: Iterable[View]) -> dict[str, pa.Schema]:
    """Return the schema of every table of a release by the name that loaders know it by."""
    beside = {f"provenance_{name}": schema for name, schema in PROVENANCE.items()}
    return {**{view.name: view_schema(view) for view in views}, **beside, "omissions": OMISSIONS}


def arrow_type(shape: Shape) -> pa.DataType:
    """Return the type of a value of a shape."""
    match shape:
        case Leaf():
            return _LEAVES[shape]
        case ListOf():
            return pa.list_(arrow_type(shape.item))
        case _:
            return pa.struct([pa.field(name, arrow_type(inner)) for name, inner in shape.fields.items()])


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What formats fill in that is the same for all records of a release."""

    repo_name: str
    commit: str
    license: str
    version: str
    attribute: Callable[[str, str], bool]
    """What the repository's own `.gitattributes` say of a path."""
    derived: Derived


_Row = Mapping[str, Any]
_Texts = Mapping[str, str]


def filled(view: View, facts: Facts, row: _Row, texts: _Texts, split: str) -> Mapping[str, Json]:
    """Return the columns that a format fills by itself, from a catalog row and a record's texts."""
    fill = _FILLS.get(view.format)
    return {} if fill is None else fill(facts, row, texts, split)


def passing(view: View, facts: Facts) -> Mapping[str, str]:
    """Return the columns of a view that say which release it is: they are filled in when it is written."""
    known = {"revision_id": facts.commit, "version": facts.version}
    return {name: known[name] for name in sorted(FORMATS[view.format].passing)}


def _pretrain(facts: Facts, row: _Row, texts: _Texts, _split: str) -> Mapping[str, Json]:
    """Fill the columns of `pretrain`: outside sources are not built in yet, so all of it is first-party."""
    content = texts["/content"]
    return {
        "path": row["path"],
        "repo_name": facts.repo_name,
        "blob_id": row["blob"],
        "language": row["language"],
        "license_type": "first-party",
        "detected_licenses": [facts.license],
        "length_bytes": len(content.encode()),
        "num_lines": content.count("\n") + (bool(content) and not content.endswith("\n")),
        "is_generated": facts.attribute(row["path"], "linguist-generated"),
        "is_vendor": facts.attribute(row["path"], "linguist-vendored"),
    }


def _trajectory(_facts: Facts, _row: _Row, _texts: _Texts, _split: str) -> Mapping[str, Json]:
    return {"tools": _TOOLS}


def _rl_prompt(facts: Facts, row: _Row, _texts: _Texts, split: str) -> Mapping[str, Json]:
    """Fill in what verl reads; the index is made of the row's key, so that it stays when others come."""
    key = str(row.get("root") or row.get("path") or row["task"])
    digest = hashlib.sha256(key.encode()).digest()
    index = int.from_bytes(digest[: _INDEX_BITS // 8], "big")
    return {"data_source": facts.repo_name, "extra_info": {"split": split, "index": index}}


def _commit_instruct(facts: Facts, row: _Row, _texts: _Texts, _split: str) -> Mapping[str, Json]:
    return {
        "commit": row["commit"],
        "old_file": row["path"] if row["old_blob"] else "",
        "new_file": row["path"] if row["new_blob"] else "",
        "lang": row["language"],
        "license": facts.license,
        "repos": facts.repo_name,
    }


def _rewrite_pair(_facts: Facts, row: _Row, _texts: _Texts, _split: str) -> Mapping[str, Json]:
    names = {"kind": "kind", "rules": "rules", "cwe": "cwe", "path": "path", "lang": "language"}
    return {name: row[column] for name, column in names.items()}


def _doc_pair(_facts: Facts, row: _Row, _texts: _Texts, _split: str) -> Mapping[str, Json]:
    return {"func_name": row["name"], "path": row["path"], "lang": row["language"]}


def _fim(_facts: Facts, row: _Row, _texts: _Texts, _split: str) -> Mapping[str, Json]:
    return {"path": row["path"], "lang": row["language"]}


def _test_gen(_facts: Facts, row: _Row, _texts: _Texts, _split: str) -> Mapping[str, Json]:
    return {"lang": row["language"]}


def _swe_task(facts: Facts, row: _Row, _texts: _Texts, _split: str) -> Mapping[str, Json]:
    """Fill in what SWE-bench reads; the time is that of the commit that solved it."""
    fix = facts.derived.fixes[row["fix"]]
    return {
        "instance_id": instance_id(facts.repo_name, row),
        "repo": facts.repo_name,
        "base_commit": fix.pair.before,
        "hints_text": "",
        "created_at": f"{moment_of(fix.solved_at).isoformat()}Z",
        "FAIL_TO_PASS": list(fix.fail_to_pass),
        "PASS_TO_PASS": list(fix.pass_to_pass),
        "environment_setup_commit": fix.pair.before,
    }


def instance_id(repo_name: str, row: _Row) -> str:
    """Return what SWE-bench calls a task: no slash, and no two alike."""
    return f"{repo_name}__{row['task']}-{row['solution']}-{row['after_commit'][:12]}"


_FILLS: Final[Mapping[str, Callable[[Facts, _Row, _Texts, str], Mapping[str, Json]]]] = {
    "commit_instruct": _commit_instruct,
    "doc_pair": _doc_pair,
    "fim": _fim,
    "pretrain": _pretrain,
    "rewrite_pair": _rewrite_pair,
    "rl_prompt": _rl_prompt,
    "swe_task": _swe_task,
    "test_gen": _test_gen,
    "trajectory": _trajectory,
}


def gaps(view: View, texts: Mapping[str, TracedText]) -> dict[str, TracedText]:
    """Return a gap as families of models write it: their tokens come from the view's line that asks for them."""
    found = {}
    for family, line in view.families:
        source = Source(view.file.path, view.file.blob, view.file.commit is not None, template=True)
        parts = (
            texts[f"/{part}"]
            if part in ("prefix", "middle", "suffix")
            else TracedText((Piece(part, source, line),))
            for part in FAMILIES[family]
        )
        found[f"/text_{family}"] = join(parts)
    return found
