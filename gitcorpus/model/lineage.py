"""Where every line of every record came from, as rows of the provenance tables."""

from enum import StrEnum
from typing import NamedTuple

from gitcorpus.model.place import Oid


class OriginKind(StrEnum):
    """Whose text a run is: a known contributor's, somebody else's, made by a tool, or the view's own."""

    FIRST_PARTY = "first-party"
    EXTERNAL = "external"
    GENERATED = "generated"
    TEMPLATE = "template"


class Actor(StrEnum):
    """Who wrote it, as far as its commit says (the words of Agent Trace)."""

    HUMAN = "human"
    AI = "ai"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class Transform(StrEnum):
    """What happened to a run: nothing, a template put it together, or a commit that is looked through wrote it anew."""

    VERBATIM = "verbatim"
    RENDERED = "rendered"
    FORMATTED = "formatted"


class LineRun(NamedTuple):
    """What becomes a row of `provenance/lines.parquet`: consecutive lines of a record's text with consecutive origins.

    `path` and `path_start_line` are in the tree of `revision`, none for the tagged one; `src_path` and
    `src_start_line` in the commit that wrote the lines, whose `blob` holds them;
    where they are `extended`, plain `git blame` names another origin,
    since the corpus follows lines further than git does by itself. `commit` is none for a file that no commit holds.
    `commit`, `src_path`, `blob`, `origin` and `actor` become a row of `provenance/sources.parquet`, once for all runs.
    """

    field: str
    start_line: int
    n_lines: int
    commit: Oid | None
    src_path: str
    src_start_line: int
    blob: Oid
    revision: Oid | None
    path: str
    path_start_line: int
    origin: OriginKind
    actor: Actor
    transform: Transform
    extended: bool
    content_digest: str | None
    """Of all lines of the text, at its first run."""
