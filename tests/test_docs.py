"""If it is public it is documented, and generated pages say what the code says.

`UPDATE_DOCS=1 pytest tests/test_docs.py` writes the generated pages anew.
"""

import ast
import os
import re
from dataclasses import fields as dataclass_fields
from pathlib import Path

import pytest

import gitcorpus
from gitcorpus.gates.manual import render_manual
from gitcorpus.gates.registry import GATES
from gitcorpus.model.server import Server
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.schema import schema_of

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


KEY = re.compile(r"`([a-z_]+(?:\.[a-z_]+)*):?`")


def keys_of(schema, before=""):
    for name, inner in schema.get("properties", {}).items():
        yield before + name
        yield from keys_of(inner, f"{before}{name}.")
        yield from keys_of(inner.get("items", {}), f"{before}{name}[].")


KEYS = frozenset(keys_of(schema_of("server")))
LEAVES = frozenset(key.rpartition(".")[2] for key in KEYS)


def texts_of_the_package():
    for path in sorted(Path(gitcorpus.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield path, "".join(each.value for each in node.values if isinstance(each, ast.Constant))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, node.value
    for page in sorted((ROOT / "docs" / "reference" / "codes").glob("*.md")):
        yield from ((page, paragraph) for paragraph in page.read_text().split("\n\n"))


def test_no_text_names_a_key_of_the_servers_file_that_there_is_not():
    checked = 0
    for path, text in texts_of_the_package():
        if "server.yaml" in text:
            named = [
                each for each in KEY.findall(text) if f"`{each}:`" in text or "." in each or each in LEAVES
            ]
            named = [each for each in named if not each.endswith((".yaml", ".db", ".lock"))]
            beside = any(each in KEYS for each in named) or path.suffix == ".md"
            assert [each for each in named if each not in KEYS and not (beside and each in LEAVES)] == [], (
                text
            )
            checked += len(named)
    assert checked > 10


def test_no_text_calls_a_limit_of_the_server_by_the_codes_own_name():
    names = {field.name for field in dataclass_fields(Server)} - LEAVES
    assert "max_files" in names
    for path, text in texts_of_the_package():
        assert [name for name in names if f"`{name}`" in text or f"`{name}:`" in text] == [], (
            path.name,
            text,
        )
