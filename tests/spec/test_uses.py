"""No field of a spec is loaded and ignored: each is enforced, shown by a command, or refused.

The schemas mark every field with `x-use`. A field that is enforced changes what is judged or released when its value
changes: the built specs, in an attribute that something beyond the reading of specs reads, or what is found in them.
"""

import ast
import json
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest
from smallest import NOW
from test_schemas import NAMES, fields

import gitcorpus
from gitcorpus.cli.app import main
from gitcorpus.compiler.choose import refuse_planned
from gitcorpus.errors import GitcorpusError
from gitcorpus.gates.base import STANDING
from gitcorpus.gates.registry import GATES
from gitcorpus.model.place import Place
from gitcorpus.model.view import SpecFile
from gitcorpus.spec.annotations import parse_annotation
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.review import review_specs
from gitcorpus.spec.schema import KINDS, breaches, gate_names, schema_of
from gitcorpus.spec.server import parse_server
from gitcorpus.spec.sources import DirectorySource
from gitcorpus.spec.yaml import parse_yaml

PACKAGE = Path(gitcorpus.__file__).parent
USES = ("enforced", "shown", "refused")
FIXED = ("apiVersion", "kind", "units[].discover.title", "units[].discover.prompt")
"""Fields that can have one value only."""

WHOLE = {
    "corpus": {
        "name": "whole",
        "policy": {"branch": "main", "owners": {"specs/": ["leads"]}},
        "layout": {
            "solution": ["corpus/{unit}/{task}/{solution}", "found/{task}"],
            "roles": {
                "prompt": ["TASK.md"],
                "test": ["**/test_*.py"],
                "doc": ["*.md"],
                "source": ["**/*.py"],
                "fixture": ["data/**"],
                "annotation": ["*.yaml"],
            },
            "elsewhere": ["specs/**", "agreements/**", "LICENSES/**", "*"],
            "languages": {".tpl": "gotemplate"},
        },
        "origins": {"moved": True, "ignore_revs_file": "ignored.txt"},
        "protected": ["refs/heads/main"],
    },
    "curriculum": {
        "techniques": [{"id": "loops", "title": "Loops that end"}],
        "units": [
            {
                "id": "basics",
                "title": "The basics",
                "window": {"from": "2026-01-03", "to": "2026-02-04"},
                "priority": "high",
                "quota": {"solutions": 41, "per_language": {"python": 17}, "per_technique": {"loops": 13}},
                "tasks": [
                    {
                        "id": "add",
                        "title": "Add numbers",
                        "prompt": "Add them.",
                        "languages": ["python"],
                        "techniques": ["loops"],
                        "domain": "arithmetic",
                        "difficulty": 7,
                        "steps": ["naive"],
                        "family": "sums",
                    }
                ],
            },
            {
                "id": "found",
                "title": "What is found",
                "discover": {
                    "layout": "found/{task}",
                    "by": "lead",
                    "title": "from_path",
                    "prompt": "role",
                    "languages": ["python"],
                    "techniques": ["loops"],
                    "difficulty": {"from": "levels.json", "path": "a[slug={task}].level"},
                },
            },
        ],
    },
    "gates": {
        "extends": ["gitcorpus:recommended"],
        "gates": [
            {
                "id": "large",
                "uses": "size",
                "when": "merge",
                "on": "every-commit",
                "severity": "warn",
                "with": {"max_file": "1MiB"},
                "paths": ["corpus/**"],
                "languages": ["python"],
                "refs": ["refs/heads/main"],
                "budget": "20s",
            },
            {"id": "rules", "uses": "style", "with": {"rules": ["ours"]}},
        ],
    },
    "contributors": {
        "people": [
            {
                "id": "lead",
                "emails": ["lead@corpus.example"],
                "accounts": ["ada"],
                "keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAbTqzKVwCSqR2dkJ0eJ0e3bC5h1Uq1w1b0V7m3q0n1x"],
                "roles": ["leads"],
                "agreements": [{"id": "ip", "from": "2026-01-01", "until": "2029-01-01"}],
            }
        ],
        "agreements": [{"id": "ip", "text": "agreements/ip.md", "grants": "work-for-hire"}],
    },
    "view": {
        "name": "gaps",
        "format": "fim",
        "from": "fragments",
        "where": "n_lines > 1",
        "order": "path",
        "record": {"prefix": "{{ before }}", "middle": "{{ text }}", "suffix": "{{ after }}"},
        "columns": ["task"],
        "families": ["qwen"],
        "split": {"by": "task", "seed": "one", "train": 0.5, "test": 0.5},
    },
    "release": {
        "name": "all",
        "tags": "v*",
        "select": {"commits": "tag:ok/*", "paths": ["corpus/"]},
        "views": ["gaps"],
        "license": "MIT",
        "max_file_bytes": "1MiB",
        "requires": "push",
    },
    "rules": {
        "id": "ours",
        "languages": ["python"],
        "rules": [
            {
                "id": "no-pass",
                "query": "(pass_statement) @match",
                "sentence": "it passes",
                "hint": "write it",
                "severity": "warn",
                "roles": ["source"],
                "accepted": ["a = 1"],
                "refused": ["pass"],
                "lines_at_most": 3,
                "nesting": {"kinds": ["block"], "at_most": 3, "until": ["module"]},
                "count_at_most": {"of": "arg", "n": 3},
                "inside": ["module"],
                "not_inside": ["class_definition"],
                "without": "body",
            }
        ],
    },
    "secretrules": {
        "id": "inner",
        "rules": [
            {
                "id": "token",
                "title": "A token",
                "pattern": "tok_(?P<secret>[a-z]{8})",
                "tier": "generic",
                "min_entropy": 1.5,
                "min_digits": 1,
                "ignored": ["example"],
                "accepted": ["tok_"],
                "refused": ["tok_abcdefgh"],
            }
        ],
    },
    "waivers": {
        "waivers": [
            {
                "id": "w",
                "gate": "syntax",
                "code": "syntax-error",
                "paths": ["corpus/"],
                "contents": ["0123456789abcdef"],
                "reason": "kept as found",
                "by": "lead",
                "until": "2029-01-01",
            }
        ]
    },
}  # fmt: skip
"""A document of each kind that has every field that is not refused."""
OTHERS = {
    "server": {
        "flavour": "gitolite",
        "policy_branch": "refs/heads/main",
        "admins": ["lead"],
        "pusher": {"variables": ["GL_USER"], "account": False},
        "limits": {"files": 10, "refs": 10, "seconds": 10},
        "gatekeeper": {"enabled": True, "socket": "here.sock"},
        "slow_lane": True,
        "refused": {"keep_days": 3},
        "python": "/usr/bin/python3",
        "tools": {"ruff": {"command": ["/usr/bin/ruff"], "sandbox": "none", "memory": "1GiB"}},
        "secrets": {
            "push_option": True,
            "revoke": {
                "default": "ask",
                "rules": {"token": "auto"},
                "per_minute": {"token": 3},
                "variables": {"A": "B"},
                "revokers": ["/usr/bin/true"],
                "keep_hours": 3,
                "internal": True,
                "webhook": "https://corpus.example/hook",
            },
        },
        "sandbox": {
            "program": "/usr/bin/bwrap",
            "mounts": ["/opt"],
            "path": ["/opt/bin"],
            "caches": {"pip": "/srv/pip"},
            "cgroups": ["/sys/fs/cgroup"],
            "memory": "1GiB",
            "disk": "1GiB",
            "processes": 10,
        },
    },
    "annotation": {
        "prompt": "Which is better?",
        "candidates": [{"id": "a", "text": "one", "model": "m"}, {"id": "b", "path": "b.py", "model": "n"}],
        "judgements": [{"annotator": "lead", "rubric": "clarity", "ranks": {"a": 1, "b": 2}}],
    },
}  # fmt: skip
OTHER_VALUES = {
    "rules[].query": "(expression_statement) @match",
    "max_file_bytes": "2MiB",
    "people[].keys[]": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGNUqEIXJd2kMn8xQF2Jk5WZB0jvN6n7hQmFZ3FvS9aB",
    "gates[].budget": "21s",
    "gates[].with.max_file": "2MiB",
    "tags": "w*",
    "select.commits": "tag:fine/*",
    "license": "ISC",
    "rules[].count_at_most.of": "args",
    "waivers[].contents[]": "fedcba9876543210",
    "protected[]": "refs/heads/*",
    "layout.languages.…": "gotemplates",
    "tools.….memory": "2GiB",
    "sandbox.memory": "2GiB",
    "sandbox.disk": "2GiB",
    "pusher.variables[]": "SSH_USER",
    "secrets.revoke.webhook": "https://corpus.example/other",
}
"""Values that a field may have as well, where one more letter at its end would break its schema."""
BY_WAY_OF = {
    "Task.family": "kin",
    "Term.first_day": "agreement",
    "Term.last_day": "agreement",
    "RolePatterns.patterns": "locate",
    "Person.emails": "person",
    "Task.unit": "tasks",
    "Person.terms": "agreement",
    "Term.agreement": "agreement",
    "Corpus.protected": "protects",
}
"""Attributes that the model itself reads, and what others ask it for."""


def route_of(path, schema):
    """Return the route of a value in its schema: numbers are `[]`, names of one's own `…`."""
    route = ""
    for step in path:
        if isinstance(step, int):
            route, schema = f"{route}[]", schema.get("items", {})
        elif step in schema.get("properties", {}):
            route, schema = f"{route}.{step}".lstrip("."), schema["properties"][step]
        else:
            inner = schema.get("additionalProperties")
            route, schema = f"{route}.…", inner if isinstance(inner, dict) else {}
    return route, schema


def leaves(value, path=()):
    match value:
        case dict():
            for name, inner in value.items():
                yield from leaves(inner, (*path, name))
        case list():
            for number, inner in enumerate(value):
                yield from leaves(inner, (*path, number))
        case _:
            yield path, value


def with_value(document, path, value):
    copy = json.loads(json.dumps(document))
    at = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


def another(value, route, schema):
    """Return another value that the schema allows."""
    if route in OTHER_VALUES:
        return OTHER_VALUES[route]
    if "enum" in schema:
        return next((each for each in schema["enum"] if each != value), value)
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value + 0.25
        case _ if schema.get("format") == "date":
            return value.replace("-01-0", "-01-1").replace("2029-01-11", "2029-01-12")
        case _:
            return f"{value}x"


def text_of(kind, document):
    """Write a document; what JSON is, is YAML as well."""
    return json.dumps({"apiVersion": "gitcorpus/v1", "kind": kind, **document})


KIND_OF = {kind.lower(): kind for kind in KINDS}


@pytest.fixture
def outcome(tmp_path):
    """Return what specs become, and the codes of what is found in them."""
    texts = {
        "agreements/ip.md": "x\n",
        "LICENSES/a.txt": "x\n",
        "ignored.txt": "",
        "levels.json": '{"a": [{"slug": "one", "level": 7}]}',
        "found/one/a.py": "x = 1\n",
        "corpus/basics/add/lead/a.py": "x = 1\n",
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    def become(**changed):
        for kind, document in {**WHOLE, **changed}.items():
            (tmp_path / f"specs/{kind}.yaml").parent.mkdir(exist_ok=True)
            (tmp_path / f"specs/{kind}.yaml").write_text(text_of(KIND_OF[kind], document))
        source = DirectorySource(tmp_path)
        loaded = load_specs(source, commit=None)
        found = (*loaded.findings, *review_specs(loaded, source, standing=STANDING, today=NOW.date()))
        return loaded.spec, sorted(f"{each.code} {each.place} {each.sentence}" for each in found)

    return become


def other_outcome(kind, document):
    data = text_of(kind.capitalize(), document).encode()
    if kind == "server":
        return parse_server(data, "server.yaml"), []
    read = parse_annotation(data, "a.yaml", people=("lead",), exists=lambda path: path == "b.py")
    return read.annotation, [finding.code for finding in read.findings]


def differing(one, other, owner=""):
    """Yield the attributes, by class and name, in which two values differ; places and digests do not count."""
    if one == other or isinstance(one, Place | SpecFile) or owner.endswith((".digest", ".lines")):
        return
    if is_dataclass(one) and type(one) is type(other):
        for each in dataclass_fields(one):
            name = f"{type(one).__name__}.{each.name}"
            yield from differing(getattr(one, each.name), getattr(other, each.name), name)
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from differing(left, right, owner)
    else:
        yield owner


@cache
def read_beyond():
    """Return the names of attributes that something reads outside the reading of specs, with where."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        if where.startswith(("spec/", "model/", "report/declared")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.attr, where)
    return MappingProxyType(found)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_says_what_becomes_of_it(name):
    for route, schema, _ in fields(schema_of(name)):
        assert schema.get("x-use") in USES or (route.endswith("…") and "x-use" not in schema), route


@pytest.mark.parametrize("name", [*WHOLE, *OTHERS])
def test_the_documents_of_this_test_have_every_field(name):
    schema = schema_of(name)
    document = {**WHOLE, **OTHERS}[name]
    have = {
        route_of(path[:end], schema)[0] for path, _ in leaves(document) for end in range(1, len(path) + 1)
    }
    have |= {"apiVersion", "kind"}
    known = {route: inner for route, inner, _ in fields(schema)}
    refused = {route for route, inner in known.items() if inner.get("x-use") == "refused"}
    assert {route for route in known if not route.endswith("…")} - have == refused
    root = parse_yaml(text_of(KIND_OF.get(name, name.capitalize()), document).encode(), "a.yaml").root
    assert breaches(root, name) == ()


def used(kind, use):
    schema = schema_of(kind)
    known = {route: inner.get("x-use") for route, inner, _ in fields(schema)}
    for path, value in leaves({**WHOLE, **OTHERS}[kind]):
        route, inner = route_of(path, schema)
        marked = route
        while known.get(marked) is None and marked:
            marked = (
                marked.removesuffix("[]").removesuffix(".…")
                if marked.endswith(("[]", "…"))
                else marked.rpartition(".")[0]
            )
        if known.get(marked) == use and marked not in FIXED:
            yield path, value, route, inner


@pytest.mark.parametrize("kind", [*WHOLE, *OTHERS])
def test_an_enforced_field_changes_what_is_judged_or_released(kind, outcome):
    document = {**WHOLE, **OTHERS}[kind]

    def become(changed):
        return other_outcome(kind, changed) if kind in OTHERS else outcome(**{kind: changed})

    before, found = become(document)
    assert found == []
    tried = []
    for path, value, route, schema in used(kind, "enforced"):
        new = another(value, route, schema)
        if new == value and len(schema.get("enum", ())) == 1:
            continue
        changed = with_value(document, path, new)
        root = parse_yaml(text_of(KIND_OF.get(kind, kind.capitalize()), changed).encode(), "a.yaml").root
        assert breaches(root, kind) == (), route
        after, now = become(changed)
        tried.append(route)
        if now != found:
            continue
        attributes = set(differing(before, after))
        assert attributes, route
        for each in attributes:
            name = BY_WAY_OF.get(each, each.rpartition(".")[2])
            assert name in read_beyond(), (route, each)
    assert tried


@pytest.mark.parametrize("gate", gate_names())
def test_a_parameter_is_read_by_the_gate(gate):
    module = Path(__import__(type(GATES[gate]).__module__, fromlist=["x"]).__file__)
    rooms = ("trial", "results", "mutants", "formatters", "manifests", "versions", "dependencies")
    paths = [
        module,
        *(path for room in rooms for path in (PACKAGE / "gates" / room).rglob("*.py")),
        *(PACKAGE / "gates").glob("*.py"),
    ]
    texts = {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for route, schema, _ in fields(schema_of(f"gates/{gate}")):
        if route.endswith("…"):
            continue
        assert schema["x-use"] == "enforced", route
        assert route.rpartition(".")[2] in texts, route


SHOWN = tuple(
    (kind, *each) for kind in WHOLE for each in used(kind, "shown")
)  # fmt: skip
"""Every field that only people read: `gitcorpus spec show` shows it, in text and as JSON."""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_shown_field_is_shown(form, outcome, tmp_path, capsys):
    seen = set()
    outcome()
    assert main(["spec", "show", "--at", str(tmp_path), "--format", form]) == 0
    plain = capsys.readouterr().out
    for kind, path, value, route, schema in SHOWN:
        new = another(value, route, schema)
        if route in ("units[].discover.difficulty.from", "units[].discover.difficulty.path", "waivers[].by"):
            new = value
        outcome(**{kind: with_value(WHOLE[kind], path, new)})
        assert main(["spec", "show", "--at", str(tmp_path), "--format", form]) == 0, route
        said = capsys.readouterr().out
        if new == value:
            looked_up = '"by": "lead"' if route == "waivers[].by" else '"difficulty": 7'
            assert (looked_up if form == "json" else looked_up.split()[1].strip('"')) in said, route
        else:
            assert str(new) in said, route
            assert said != plain, route
        seen.add(route)
    assert len(seen) > 12


def sample(schema):
    """Return a value that a schema allows."""
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[-1])
    known = {"string": "a" * 40, "integer": 1, "number": 0.5, "boolean": True}
    kind = schema["type"]
    if kind == "object":
        return {name: sample(inner) for name, inner in schema.get("properties", {}).items()}
    return [sample(schema["items"])] if kind == "array" else known[kind]


REFUSED = tuple(
    (kind, route, schema)
    for kind in WHOLE
    for route, schema, _ in fields(schema_of(kind))
    if schema.get("x-use") == "refused"
)


def test_a_refused_field_is_refused(outcome):
    assert len(REFUSED) >= 9
    for kind, route, _ in REFUSED:
        top = route.partition("[")[0] if kind == "release" else route
        steps = top.split(".")[:1] if kind == "release" else top.split(".")
        schema, document, at = schema_of(kind), json.loads(json.dumps(WHOLE[kind])), None
        at = document
        for step in steps[:-1]:
            at, schema = at.setdefault(step, {}), schema["properties"][step]
        at[steps[-1]] = sample(schema["properties"][steps[-1]])
        root = parse_yaml(text_of(KIND_OF[kind], document).encode(), "a.yaml").root
        assert breaches(root, kind) == (), route
        _, found = outcome(**{kind: document})
        assert [each for each in found if each.startswith("not-built-yet")], route


def test_a_release_of_old_specs_with_a_refused_field_is_not_compiled(outcome):
    for name in ("order", "anonymize", "sources"):
        value = sample(schema_of("release")["properties"][name])
        spec, _ = outcome(release={**WHOLE["release"], name: value})
        with pytest.raises(GitcorpusError) as caught:
            refuse_planned(spec.releases[0])
        assert caught.value.code == "not-built-yet"
        assert f"leave `{name}` out" in caught.value.hint
