"""Licences of releases: an SPDX expression, and for a licence of the corpus's own its text in the tree."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.nodes import Scalar

_OWN: Final = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
_COMMON: Final = (
    "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-4.0",
    "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-SA-4.0", "CC0-1.0", "CDLA-Permissive-2.0", "EUPL-1.2", "GPL-2.0-only",
    "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-2.1-or-later", "LGPL-3.0-or-later", "MIT",
    "MIT-0", "MPL-2.0", "ODbL-1.0", "PDDL-1.0", "Unlicense", "Zlib",
)  # fmt: skip
"""What is named as the licence that may have been meant; what there is, the library knows."""


def licence_paths(name: str) -> tuple[str, ...]:
    """Return where a licence's text is looked for: where REUSE keeps it, then at the root of the tree."""
    return (f"LICENSES/{name}.txt", "LICENSE", "LICENSE.txt", "LICENSE.md")


def link_licences(specs: Documents, exists: Callable[[str], bool]) -> Iterator[Finding]:
    """Find licences that SPDX does not know, and licences of the corpus's own without a text."""
    for node in specs.texts("Release", "license"):
        try:
            canonical = canonicalize_license_expression(node.text)
        except InvalidLicenseExpression:
            yield _unknown(node)
            continue
        if canonical != node.text:
            sentence = f"SPDX writes {brief(node.text)} as {brief(canonical)}"
            yield node.finding("bad-license", sentence, f"license: {canonical}", Severity.WARN)
        for name in dict.fromkeys(_OWN.findall(node.text)):
            if not any(exists(path) for path in licence_paths(name)):
                sentence = f"the tree has no text of the licence {brief(name)}, so a release has none"
                yield node.finding(
                    "no-license-text", sentence, f"commit it as {licence_paths(name)[0]}", Severity.WARN
                )


def _unknown(node: Scalar) -> Finding:
    """Name the licence that may be meant, or how to name one that SPDX does not know."""
    words = [word for word in re.split(r"[\s()]+", node.text) if word not in ("", "AND", "OR", "WITH")]
    strange = next((word for word in words if not _is_known(word)), node.text)
    near = did_you_mean(strange, _COMMON) if _is_name(strange) else ""
    hint = (
        near
        if near.startswith("did you mean")
        else "SPDX lists all; a licence of your own is `LicenseRef-NAME`"
    )
    return node.finding("bad-license", f"{brief(node.text)} is no SPDX licence expression", hint)


def _is_known(word: str) -> bool:
    try:
        canonicalize_license_expression(word)
    except InvalidLicenseExpression:
        return False
    return True


def _is_name(word: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.+-]+", word) is not None
