"""One thing that someone must look at, as a value. A finding knows no gate's code and no renderer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gitcorpus.model.place import Place


class Severity(StrEnum):
    """What a finding does to a push: refuse it, warn the pusher, or only stand in the ledger."""

    BLOCK = "block"
    WARN = "warn"
    RECORD = "record"


class Quote(NamedTuple):
    """The line that a finding points at, and the columns (1-based, inclusive) that carets underline."""

    text: str
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Code, place, sentence, hint and severity; the quoted line and the patch never reach the ledger."""

    code: str
    place: Place
    sentence: str
    hint: str = ""
    severity: Severity = Severity.BLOCK
    quote: Quote | None = None
    patch: str = ""
    """A unified diff that shows what is meant, or empty."""
    mends: bool = False
    """Whether what was found is mended once the patch is applied."""
    content: str = ""
    """What names this finding wherever it stands, so that a waiver can name it; or empty."""
    firm: bool = False
    """Whether neither a declaration's severity nor a waiver lets it through."""
    waived_by: str = ""
    """Id of the waiver that lets this finding through, or empty."""

    @property
    def blocks(self) -> bool:
        """Tell whether this finding alone refuses the push."""
        return self.severity is Severity.BLOCK and not self.waived_by
