"""What manifests and lock files ask for, and on which line, whoever wrote them."""

import pytest

from gitcorpus.gates.manifests import kind_of, made, read_manifest


def read(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    return made([*map(list, read_manifest(data, "", path, None))])


def asked(path, text):
    manifest = read(path, text)
    assert not manifest.faults
    return [(each.name, each.wanted, each.line) for each in manifest.dependencies]


MANIFESTS = {
    "requirements.txt": (
        (
            "# ours\nRequests[socks] >=2.31,<3 ; python_version < '4' # why\n"
            "\n-r more.txt\npillow==10.1 \\\n  --hash=sha256:00\n"
        ),
        [("requests", "<3,>=2.31", 2), ("pillow", "==10.1", 5)],
    ),
    "requirements/dev.in": ("pytest\n", [("pytest", "", 1)]),
    "dev-requirements.txt": ("zope.interface==6\n", [("zope-interface", "==6", 1)]),
    "pyproject.toml": (
        (
            '[build-system]\nrequires = ["hatchling"]\n\n[project]\n'
            'name = "a"\ndependencies = [\n  "b>=1",\n  # c\n  "d",\n]\n\n'
            '[project.optional-dependencies]\nx = ["e==2"]\n\n'
            '[dependency-groups]\ndev = ["f", {include-group = "g"}]\ng = []\n\n'
            '[tool.poetry.dependencies]\npython = "^3.11"\nh = "^1.2"\ni = { version = "~2.0", extras = ["j"] }\n'
        ),
        [
            ("hatchling", "", 2),
            ("b", ">=1", 7),
            ("d", "", 9),
            ("e", "==2", 13),
            ("f", "", 16),
            ("h", ">=1.2,<2", 21),
            ("i", ">=2.0,==2.0.*", 22),
        ],
    ),
    "uv.lock": (
        'version = 1\n\n[[package]]\nname = "a"\nversion = "1.0"\n\n[[package]]\nname = "B_c"\nversion = "2.0"\n',
        [("a", "==1.0", 4), ("b-c", "==2.0", 8)],
    ),
    "Pipfile.lock": (
        '{"_meta": {},\n "default": {\n  "a": {"version": "==1.0"}},\n "develop": {}}\n',
        [("a", "==1.0", 3)],
    ),
    "package.json": (
        (
            '{\n "name": "n",\n "dependencies": {\n  "a": "^1.0",\n'
            '  "@b/c": "npm:d@~2"\n },\n "devDependencies": {"e": "latest"}\n}\n'
        ),
        [("a", "^1.0", 4), ("d", "~2", 5), ("e", "latest", 7)],
    ),
    "package-lock.json": (
        (
            '{"lockfileVersion": 3, "packages": {\n "": {"name": "n"},\n "node_modules/a": {"version": "1.0.1"},\n'
            ' "node_modules/a/node_modules/@b/c": {"version": "2.0.0"}}}\n'
        ),
        [("a", "1.0.1", 3), ("@b/c", "2.0.0", 4)],
    ),
    "go.mod": (
        (
            "module example.com/m\n\ngo 1.21\n\nrequire (\n"
            "\tgolang.org/x/text v0.3.0 // indirect\n)\nrequire example.com/a v1.0.0\n"
        ),
        [("golang.org/x/text", "v0.3.0", 6), ("example.com/a", "v1.0.0", 8)],
    ),
    "Cargo.toml": (
        (
            '[package]\nname = "a"\n\n[dependencies]\nserde = { version = "1", features = ["derive"] }\n'
            'rand = "0.8"\n\n'
            '[dev-dependencies.b]\nversion = "2"\n\n[target."cfg(unix)".dependencies]\nlibc = "0.2"\n'
        ),
        [("serde", "1", 5), ("rand", "0.8", 6), ("b", "2", 8), ("libc", "0.2", 12)],
    ),
    "Cargo.lock": (
        '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+https://forge.example/index"\n',
        [("a", "=1.0.0", 2)],
    ),
    "pom.xml": (
        (
            "<project>\n<groupId>g</groupId><artifactId>m</artifactId><version>1</version>\n"
            "<properties><v>2.0</v></properties>\n"
            "<dependencies>\n<dependency>\n<groupId>a</groupId>\n<artifactId>b</artifactId>\n<version>${v}</version>\n"
            "<exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>\n"
            "</dependency>\n"
            "</dependencies>\n<build><plugins><plugin><artifactId>p</artifactId></plugin></plugins></build>\n</project>\n"
        ),
        [("a:b", "2.0", 8), ("org.apache.maven.plugins:p", "", 12)],
    ),
    "main.tf": (
        (
            "terraform {\n  required_providers {\n    aws = {\n"
            '      source  = "hashicorp/aws"\n      version = "~> 5.0"\n    }\n'
            '    random = ">= 3"\n  }\n}\n\nresource "aws_vpc" "a" {\n  cidr_block = "10.0.0.0/16"\n}\n'
        ),
        [("hashicorp/aws", "~> 5.0", 5), ("hashicorp/random", ">= 3", 7)],
    ),
    ".terraform.lock.hcl": (
        'provider "registry.terraform.io/hashicorp/aws" {\n  version     = "5.1.0"\n  hashes = ["h1:x"]\n}\n',
        [("hashicorp/aws", "5.1.0", 2)],
    ),
}


@pytest.mark.parametrize("path", MANIFESTS)
def test_what_is_asked_for(path):
    text, found = MANIFESTS[path]
    assert asked(path, text) == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "-e .\n./wheels/a.whl\nb @ file.whl\n"),
        ("pyproject.toml", '[project]\ndependencies = ["a"]\n[tool.uv.sources]\na = { workspace = true }\n'),
        ("uv.lock", '[[package]]\nname = "a"\nversion = "1"\nsource = { editable = "." }\n'),
        ("package.json", '{"dependencies": {"a": "file:../a", "b": "workspace:*"}}'),
        ("package-lock.json", '{"packages": {"node_modules/a": {"link": true}, "a": {"version": "1.0.0"}}}'),
        ("go.mod", "module m\nrequire a v1.0.0\nreplace a => ../a\n"),
        ("Cargo.toml", '[dependencies]\na = { path = "../a" }\nb.workspace = true\n'),
        ("Cargo.lock", '[[package]]\nname = "a"\nversion = "1.0.0"\n'),
        (
            "pom.xml",
            (
                "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency>"
                "<groupId>g</groupId><artifactId>b</artifactId><version>${project.version}</version></dependency>"
                "</dependencies></project>"
            ),
        ),
    ],
)
def test_what_stands_in_the_corpus_itself(path, text):
    assert all(each.local for each in read(path, text).dependencies)


@pytest.mark.parametrize(
    ("path", "text", "source"),
    [
        ("requirements.txt", "git+https://forge.example/a#egg=a\n", "git+https://forge.example/a#egg=a"),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["a @ https://forge.example/a.whl"]\n',
            "https://forge.example/a.whl",
        ),
        ("poetry.lock", '[[package]]\nname = "a"\n[package.source]\ntype = "git"\nurl = "u"\n', "u"),
        ("package.json", '{"dependencies": {"a": "forge/a#main"}}', "forge/a#main"),
        ("Cargo.toml", '[dependencies]\na = { git = "u" }\n', "u"),
    ],
)
def test_what_comes_from_elsewhere(path, text, source):
    assert [each.source for each in read(path, text).dependencies] == [source]


@pytest.mark.parametrize(
    ("path", "text", "source"),
    [
        ("requirements.txt", "--index-url https://other.example/simple\n", "https://other.example/simple"),
        ("pyproject.toml", '[[tool.uv.index]]\nurl = "https://other.example"\n', "https://other.example"),
        (
            "pom.xml",
            "<project><repositories><repository><id>x</id><url>https://other.example</url></repository></repositories></project>",
            "https://other.example",
        ),
    ],
)
def test_other_registries(path, text, source):
    assert read(path, text).sources == ((1, source),)


HOSTILE = {
    "no UTF-8": ("requirements.txt", b"a\n\xff\n", 2),
    "no requirement": ("requirements.txt", "a\n==\n", 2),
    "no TOML": ("pyproject.toml", "[project]\nname =\n", 2),
    "no table": ("Cargo.toml", "\ndependencies = 1\n", 2),
    "no list": ("pyproject.toml", '[project]\ndependencies = "a"\n', 2),
    "no JSON": ("package.json", '{\n"a": }\n', 2),
    "no object": ("package.json", "[]", 1),
    "a key that stands twice": ("package.json", '{"dependencies": {"a": "1", "a": "2"}}', 1),
    "nested without end": ("package.json", "[" * 5000, 1),
    "a number without end": ("package.json", f'{{"a": {"9" * 5000}}}', 1),
    "a version of npm 6": ("package-lock.json", '{\n"lockfileVersion": 1}', 2),
    "a lock without names": ("Cargo.lock", "[[package]]\n", 1),
    "no directive": ("go.mod", "module m\nrequires a v1\n", 2),
    "an open block": ("go.mod", "module m\nrequire (\n", 3),
    "a module without a version": ("go.mod", "module m\nrequire a\n", 2),
    "an entity": ("pom.xml", '<!DOCTYPE a [<!ENTITY b "c">]><project/>', 1),
    "another document": ("pom.xml", "<html/>", 1),
    "a dependency without a name": (
        "pom.xml",
        "<project><dependencies>\n<dependency/></dependencies></project>",
        2,
    ),
    "a provider without a version": (".terraform.lock.hcl", 'provider "a/b" {\n}\n', 1),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_cannot_be_read_is_a_fault(kind):
    path, text, line = HOSTILE[kind]
    assert [fault[0] for fault in read(path, text).faults] == [line]


def test_properties_that_grow_without_end_are_left_as_they_are():
    properties = "".join(f"<p{n}>${{p{n + 1}}}${{p{n + 1}}}</p{n}>" for n in range(64))
    parent = "<parent><groupId>g</groupId><artifactId>a</artifactId><version>${p0}</version></parent>"
    pom = f"<project><properties>{properties}</properties>{parent}</project>"
    assert 0 < len(read("pom.xml", pom).dependencies[0].wanted) <= 300


@pytest.mark.parametrize("path", ["README.md", "a/requirements.py", "lock.json", "package.json.bak"])
def test_other_files_are_no_manifests(path):
    assert kind_of(path) is None
