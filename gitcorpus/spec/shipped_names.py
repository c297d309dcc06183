"""What a view, a split and a field of a record may be called, so that tables, loaders and file systems hold it.

The one list of such names. A name that a release could not hold is found where it is declared, not when somebody loads
the release: SQL takes two names for one that differ by case only, loaders give some names a meaning of their own, and
Windows has names that no file can have.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from gitcorpus.model.finding import Finding
from gitcorpus.spec.brief import brief
from gitcorpus.spec.nodes import Scalar

WINDOWS: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE
)
"""Names that no file on Windows can have, with any ending."""
TABLES: Final = frozenset({"lines", "sources", "records", "commits", "agreements", "omissions", "origins"})
"""The tables of every release, by the names that SQL knows them by."""
PROVENANCE: Final = "provenance_"
"""What the names of the configs begin with by which loaders know the tables of provenance."""
SPLITS: Final = frozenset({"all"})
"""Split names that loaders take for something else: `all` is every split."""
COLUMNS: Final[Mapping[str, str]] = {
    "record_id": "is every record's own id",
    "split": "is what `gitcorpus query` calls the split of a record",
}
"""Names of fields that every table of records has already."""
MAX_FIELD: Final = 100

_ANY_INDEX: Final = "*"
"""What a manifest writes for any index of a list, in the pointers of text fields."""
_OTHER: Final = "choose another name"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that print nothing, or break a line."""


def view_names(nodes: Iterable[Scalar], ready: Iterable[str]) -> Iterator[Finding]:
    """Find views of a corpus that a release cannot hold by their names; `ready` are those that it takes over."""
    views = list(nodes)
    for node in views:
        name = folded(node.text)
        if name in TABLES:
            sentence = f"{brief(node.text)} is a table of every release"
            yield node.finding("reserved-view", sentence, _OTHER)
        elif name.startswith(PROVENANCE):
            sentence = f"{brief(node.text)} begins with `{PROVENANCE}`, as the tables of provenance do"
            yield node.finding("reserved-view", sentence, _OTHER)
        elif name == "omissions.parquet":
            sentence = f"{brief(node.text)} is a file of every release"
            yield node.finding("reserved-view", sentence, _OTHER)
        elif fault := _unfit_for_windows(node.text):
            yield node.finding("reserved-view", fault, _OTHER)
    yield from _alike(views, "view", ready)


def split_names(nodes: Iterable[Scalar]) -> Iterator[Finding]:
    """Find splits that loaders cannot tell from something else."""
    for node in nodes:
        if folded(node.text) in SPLITS:
            sentence = f"loaders take {brief(node.text)} for every split at once"
            yield node.finding("reserved-split", sentence, _OTHER)
        elif fault := _unfit_for_windows(node.text):
            yield node.finding("reserved-split", fault, _OTHER)


def field_names(nodes: Iterable[Scalar], filled: Iterable[str]) -> Iterator[Finding]:
    """Find fields and columns of one view that its table cannot hold; `filled` are those of its format."""
    own = frozenset(filled)
    fields = list(nodes)
    for node in fields:
        meaning = COLUMNS.get(folded(node.text))
        if meaning is not None and node.text not in own:
            yield node.finding("reserved-column", f"{brief(node.text)} {meaning}", _OTHER)
        elif fault := _unfit_as_field(node.text):
            yield node.finding("bad-field-name", fault, "name it with letters, digits and `_`")
    yield from _alike(fields, "field", own)


def _alike(nodes: Iterable[Scalar], what: str, taken: Iterable[str]) -> Iterator[Finding]:
    """Find names that differ from an earlier one by case only."""
    first: dict[str, str] = {folded(name): name for name in taken}
    for node in nodes:
        before = first.setdefault(folded(node.text), node.text)
        if before != node.text:
            sentence = f"the {what}s {brief(before)} and {brief(node.text)} differ by case only"
            hint = "SQL takes them for one: give one of the two another name"
            yield node.finding("names-alike", sentence, hint)


def folded(name: str) -> str:
    """Return what a name has in common with those that SQL or a file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _unfit_for_windows(name: str) -> str:
    if WINDOWS.fullmatch(name) or name.endswith("."):
        return f"Windows can hold no file or folder called {brief(name)}"
    return ""


_FIELD_FAULTS: Final[tuple[tuple[Callable[[str], object], str], ...]] = (
    (lambda name: not name.strip(), "a field needs a name"),
    (lambda name: len(name) > MAX_FIELD, f"the name of a field has at most {MAX_FIELD} characters"),
    (
        lambda name: any(unicodedata.category(each) in _UNSEEN for each in name),
        "{} holds characters that do not show",
    ),
    (lambda name: name == _ANY_INDEX, "{} stands for any item of a list in a release's manifest"),
)


def _unfit_as_field(name: str) -> str:
    found = next((sentence for is_unfit, sentence in _FIELD_FAULTS if is_unfit(name)), "")
    return found.format(brief(ascii(name)[1:-1] if not name.isprintable() else name))
