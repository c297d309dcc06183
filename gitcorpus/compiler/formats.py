"""The exact columns of the known formats, and what each fills by itself."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa

from gitcorpus.catalog.tables import column_type
from gitcorpus.model.entry import Json
from gitcorpus.model.view import View

_MESSAGES: Final = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))
_FORMATS: Final[Mapping[str, Mapping[str, pa.DataType]]] = {
    "lm_text": {"text": pa.string()},
    "sft_messages": {"messages": _MESSAGES},
    "sft_prompt_completion": {"prompt": pa.string(), "completion": pa.string()},
    "pretrain": {
        "content": pa.string(),
        "path": pa.string(),
        "repo_name": pa.string(),
        "revision_id": pa.string(),
        "blob_id": pa.string(),
        "language": pa.string(),
        "license_type": pa.string(),
        "detected_licenses": pa.list_(pa.string()),
        "length_bytes": pa.int64(),
        "num_lines": pa.int64(),
        "is_generated": pa.bool_(),
        "is_vendor": pa.bool_(),
    },
}


def view_schema(view: View) -> pa.Schema:
    """Return the Arrow schema of a view: `record_id`, the format's columns, the view's own, in this order."""
    fields = {"record_id": pa.string(), **_FORMATS[view.format]}
    own = view.record if isinstance(view.record, Mapping) else {}
    fields |= {name: pa.string() for name in own if name not in fields}
    fields |= {name: column_type(view.source, name) for name in view.columns if name not in fields}
    return pa.schema(list(fields.items()))


def pretrain_columns(
    *, repo_name: str, commit: str, license_id: str, attribute: Callable[[str, str], bool]
) -> Callable[[Mapping[str, Any], Mapping[str, str]], Mapping[str, Json]]:
    """Return what fills the columns of `pretrain` from a row of `files`.

    `is_generated` and `is_vendor` are what the repository's own `.gitattributes` say (`linguist-generated`,
    `linguist-vendored`). The licence type is always `first-party`: outside sources are not built in yet.
    """

    def fill(row: Mapping[str, Any], texts: Mapping[str, str]) -> Mapping[str, Json]:
        content = texts["/content"]
        return {
            "path": row["path"],
            "repo_name": repo_name,
            "revision_id": commit,
            "blob_id": row["blob"],
            "language": row["language"],
            "license_type": "first-party",
            "detected_licenses": [license_id],
            "length_bytes": len(content.encode()),
            "num_lines": content.count("\n") + (bool(content) and not content.endswith("\n")),
            "is_generated": attribute(row["path"], "linguist-generated"),
            "is_vendor": attribute(row["path"], "linguist-vendored"),
        }

    return fill


def no_columns(row: Mapping[str, Any], texts: Mapping[str, str]) -> Mapping[str, Json]:
    """Fill nothing: the format has only what its templates say."""
    del row, texts
    return {}
