"""Where the files are that ship with the package: ready specs, schemas, hook scripts, examples.

A wheel carries them in `gitcorpus/shipped/`; in a checkout they are the top-level folders themselves.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_WHEEL = _PACKAGE / "shipped"


def shipped_path(*parts: str) -> Path:
    """Return the path of a shipped file: `shipped_path("schemas", "corpus.schema.json")`."""
    if _WHEEL.is_dir():
        return _WHEEL.joinpath(*parts)
    if parts[:1] == ("codes",):
        return _PACKAGE.parent.joinpath("docs", "reference", *parts)
    return _PACKAGE.parent.joinpath(*parts)
