"""Licences as REUSE 3.3 wants them: one statement for every file, and the text of each licence that it names."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_WORDS: Final = frozenset({"AND", "OR", "WITH"})


def license_ids(expression: str) -> list[str]:
    """Return the licences and exceptions that an SPDX expression names."""
    return sorted({word for word in _ID.findall(expression) if word not in _WORDS})


def write_reuse(folder: Path, *, name: str, expression: str, text_of: Callable[[str], str | None]) -> None:
    """Write `REUSE.toml` and `LICENSES/`; `text_of` returns the text of a licence if the corpus has it.

    A `LicenseRef-` without a text gets a sentence that says so: REUSE wants a file for each.

    Raises:
        OSError: what the disk says.
    """
    says = [f"path = {json.dumps('**')}", 'precedence = "override"']
    says.append(f"SPDX-FileCopyrightText = {json.dumps(f'The contributors of {name}', ensure_ascii=False)}")
    says.append(f"SPDX-License-Identifier = {json.dumps(expression)}")
    lines = ["version = 1", "", "[[annotations]]", *says]
    (folder / "REUSE.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "LICENSES").mkdir()
    for each in license_ids(expression):
        text = text_of(each)
        said = text or f"The terms of {each} are kept by whoever published {name}.\n"
        (folder / "LICENSES" / f"{each}.txt").write_text(said, encoding="utf-8")
