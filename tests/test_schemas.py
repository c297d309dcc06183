"""The schemas: sound, described, told in the reference, used by the specs that ship, and refusing what they must."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from spec.printing import CORPUS, CURRICULUM

from gitcorpus.model.corpus import Role
from gitcorpus.model.curriculum import Priority
from gitcorpus.model.declaration import Scope, Stage
from gitcorpus.model.finding import Severity
from gitcorpus.model.format import FORMATS
from gitcorpus.spec.nodes import plain
from gitcorpus.spec.schema import KINDS, breaches, gate_names, schema_of
from gitcorpus.spec.yaml import parse_yaml

ROOT = Path(__file__).parents[1]
NAMES = [
    *(kind.lower() for kind in KINDS),
    "annotation",
    "server",
    *(f"gates/{gate}" for gate in gate_names()),
]
SPECS = sorted(
    path
    for folder in ("specs/gates", "specs/views", "examples")
    for path in (ROOT / folder).rglob("*.yaml")
    if path.read_text().startswith("# yaml-language-server") and "earlier" not in path.parts
)
TYPES = {"array": "list", "boolean": "true or false", "integer": "whole number", "number": "number",
         "object": "mapping", "string": "text"}  # fmt: skip
SAID = {
    "shown": " *Only shown:* `gitcorpus spec show`.",
    "refused": " **Not yet:** refused by `spec check`.",
}


def fields(schema, route=""):
    """Yield the route and the schema of every field below a schema."""
    for name, inner in schema.get("properties", {}).items():
        yield (f"{route}.{name}".lstrip("."), inner, name in schema.get("required", ()))
        yield from fields(inner, f"{route}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], f"{route}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield (f"{route}.…".lstrip("."), schema["additionalProperties"], False)
        yield from fields(schema["additionalProperties"], f"{route}.…")


def row(route, schema, needed):
    """Write a field as the reference does."""
    kinds = schema.get("type", [])
    words = " or ".join(TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    values = ", ".join(
        f"`{value}`" for value in schema.get("enum", [schema["const"]] if "const" in schema else [])
    )
    said = SAID.get(schema.get("x-use"), "")
    return f"| `{route}`{' *' if needed else ''} | {values or words} | {schema['description']}{said} |"


@pytest.mark.parametrize("name", NAMES)
def test_is_a_schema_that_names_itself(name):
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:gitcorpus:schema:{name.replace('/', ':')}"
    assert schema["additionalProperties"] is False
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", NAMES)
def test_every_field_has_what_an_editor_shows(name):
    for route, schema, _ in fields(schema_of(name)):
        assert schema["description"].endswith((".", "`")), route
        assert schema.get("title") or route.endswith("…"), route


@pytest.mark.parametrize("name", NAMES)
def test_uses_only_rules_that_have_words_and_bounded_cost(name):
    text = json.dumps(schema_of(name))
    assert not re.search(r'"(oneOf|anyOf|allOf|not|if|uniqueItems|contains|patternProperties|\$ref)":', text)


@pytest.mark.parametrize("name", [name for name in NAMES if "/" not in name])
def test_the_reference_tells_every_field(name):
    page = (ROOT / "docs" / "reference" / "specs.md").read_text()
    missing = [row(*field) for field in fields(schema_of(name)) if row(*field) not in page]
    assert missing == []


@pytest.mark.parametrize("name", [name for name in NAMES if "/" not in name])
def test_the_reference_shows_an_example_that_keeps_its_schema(name):
    page = (ROOT / "docs" / "reference" / "specs.md").read_text()
    (example,) = (
        text
        for text in re.findall(r"```yaml\n(apiVersion.*?)```", page, flags=re.DOTALL)
        if f"\nkind: {name}\n" in text.lower()
    )
    assert breaches(parse_yaml(example.encode(), "specs.md").root, name) == ()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_specs_that_ship_keep_the_schema_that_their_modeline_names(path):
    line = path.read_text().split("\n", 1)[0]
    schema = (path.parent / line.removeprefix("# yaml-language-server: $schema=")).resolve()
    root = parse_yaml(path.read_bytes(), path.name).root
    assert schema == ROOT / "schemas" / f"{plain(root)['kind'].lower()}.schema.json"
    assert breaches(root, plain(root)["kind"].lower()) == ()


def test_there_are_specs_to_look_at():
    assert len(SPECS) > 5


def test_values_are_those_of_the_model():
    gate = schema_of("gates")["properties"]["gates"]["items"]["properties"]
    assert gate["when"]["enum"] == [*Stage]
    assert gate["on"]["enum"] == [*Scope]
    assert gate["severity"]["enum"] == [*Severity]
    assert list(schema_of("corpus")["properties"]["layout"]["properties"]["roles"]["properties"]) == [*Role]
    unit = schema_of("curriculum")["properties"]["units"]["items"]["properties"]
    assert unit["priority"]["enum"] == [*Priority]
    assert schema_of("view")["properties"]["format"]["enum"] == [*FORMATS]
    for gate_name in gate_names():
        assert f"`{gate_name}`" in gate["uses"]["description"]


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("corpus", CORPUS + "x: 1\n", "unknown-field"),
        ("corpus", CORPUS.replace("name: small", "name: a/b"), "bad-value"),
        ("corpus", CORPUS.replace("  roles:", "  roles: {}\n  others:"), "wrong-length"),
        ("corpus", CORPUS + "policy: {branch: -x}\n", "bad-value"),
        ("curriculum", CURRICULUM.replace("id: add", "id: ../add"), "bad-value"),
        ("curriculum", CURRICULUM.replace("[python]", "[]"), "wrong-length"),
        ("curriculum", CURRICULUM.replace("[python]", "[python], difficulty: 11"), "out-of-range"),
    ],
)
def test_refuses_bad_cases(kind, text, code):
    assert code in [finding.code for finding in breaches(parse_yaml(text.encode(), "a.yaml").root, kind)]
