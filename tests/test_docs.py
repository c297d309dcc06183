"""If it is public it is documented, and generated pages say what the code says.

`UPDATE_DOCS=1 pytest tests/test_docs.py` writes the generated pages anew.
"""

import ast
import os
import re
from pathlib import Path

import pytest

from gitcorpus.gates.manual import render_manual
from gitcorpus.gates.registry import GATES
from gitcorpus.shipped import shipped_path

ROOT = Path(__file__).parent.parent
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
CALLS = {"_found", "Finding", "GitcorpusError", "RefusedError", "UnjudgedError", "finding", "fault"}


def sections() -> set[str]:
    pages = shipped_path("codes").glob("*.md")
    return {
        name for page in pages for name in re.findall(r"^## ([a-z0-9-]+)$", page.read_text(), re.MULTILINE)
    }


def raised() -> dict[str, str]:
    """Return every code that the package raises: first argument, or `code=`, of what makes findings and errors."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "gitcorpus").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                given += node.args[:1] if name in CALLS else []
                for value in given:
                    if (
                        isinstance(value, ast.Constant)
                        and isinstance(value.value, str)
                        and SLUG.fullmatch(value.value)
                    ):
                        found[value.value] = path.name
    return found


def test_every_code_has_its_section():
    assert {code: where for code, where in raised().items() if code not in sections()} == {}


def test_every_section_is_a_code_that_the_package_knows():
    text = "".join(path.read_text() for path in (ROOT / "gitcorpus").rglob("*.py"))
    assert [code for code in sorted(sections()) if f'"{code}"' not in text] == []


@pytest.mark.parametrize("gate", GATES.values(), ids=list(GATES))
def test_a_gates_page_says_what_the_gate_says(gate):
    page = ROOT / "docs" / "reference" / "gates" / f"{gate.name}.md"
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(render_manual(gate))
    assert page.read_text() == render_manual(gate)
