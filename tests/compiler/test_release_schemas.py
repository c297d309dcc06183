"""The schemas of a release say what a release holds: every file, every column, every value."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forge import Forge
from jsonschema import Draft202012Validator
from smallest import ADD, smallest

from gitcorpus.compiler.schemas import AGREEMENTS, COMMITS, LINES, OMISSIONS, RECORDS, SOURCES
from gitcorpus.flows.release import compile_release
from gitcorpus.model.format import FORMATS
from gitcorpus.model.lineage import Actor, OriginKind, Transform
from gitcorpus.model.record import Reason
from gitcorpus.model.release import ReleaseRequest
from gitcorpus.shipped import shipped_path

TABLES = {
    "agreements": ("provenance/agreements.parquet", AGREEMENTS),
    "commits": ("provenance/commits.parquet", COMMITS),
    "lines": ("provenance/lines.parquet", LINES),
    "omissions": ("omissions.parquet", OMISSIONS),
    "records": ("provenance/records.parquet", RECORDS),
    "sources": ("provenance/sources.parquet", SOURCES),
}
JSON_TYPES = {pa.string(): "string", pa.int32(): "integer", pa.int64(): "integer", pa.bool_(): "boolean"}


def schema(name: str) -> dict:
    return json.loads(shipped_path("schemas", "release", f"{name}.schema.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    work = smallest(Forge(tmp_path_factory.mktemp("schemas")))
    work.commit({f"{ADD}/add.py": "x = 1\n", f"{ADD}/empty.py": "", f"{ADD}/a.bin": b"\0"}, author="south")
    work.tag("v1", message="one")
    target = work.path.parent / "release"
    asked = ReleaseRequest(
        repository=work.path, tag="v1", folder=target.parent, target=target, unverified=True
    )
    return compile_release(asked, progress=lambda *_: None).path


def test_there_is_a_schema_for_each_table_and_the_manifest():
    found = {path.name for path in shipped_path("schemas", "release").iterdir()}
    assert found == {f"{name}.schema.json" for name in (*TABLES, "manifest")}


@pytest.mark.parametrize("name", [*TABLES, "manifest"])
def test_is_a_schema_that_names_itself_and_describes_everything(name):
    found = schema(name)
    Draft202012Validator.check_schema(found)
    assert found["$id"] == f"urn:gitcorpus:schema:release:{name}"
    assert [key for key, inner in found["properties"].items() if not inner["description"].endswith(".")] == []


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_columns_that_its_schema_says(name):
    _, arrow = TABLES[name]
    properties = schema(name)["properties"]
    assert list(properties) == arrow.names
    for column in arrow:
        assert JSON_TYPES[column.type] in properties[column.name]["type"]


@pytest.mark.parametrize("name", TABLES)
def test_every_row_of_a_release_fits(folder, name):
    path, _ = TABLES[name]
    rows = pq.read_table(folder / path).to_pylist()
    validator = Draft202012Validator(schema(name))
    assert rows
    assert [error.message for row in rows for error in validator.iter_errors(row)] == []


def test_the_manifest_of_a_release_fits(folder):
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert [error.message for error in Draft202012Validator(schema("manifest")).iter_errors(manifest)] == []
    listed = {each["path"] for each in manifest["files"]}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there - listed == {"manifest.json", "SHA256SUMS"}


def test_the_words_are_those_of_the_model():
    known = schema("lines")["properties"] | schema("sources")["properties"]
    for name, words in {"origin": OriginKind, "actor": Actor, "transform": Transform}.items():
        assert known[name]["enum"] == list(words)
    assert schema("omissions")["properties"]["reason"]["enum"] == list(Reason)
    views = schema("manifest")["properties"]["views"]["items"]["properties"]
    assert views["format"]["enum"] == list(FORMATS)


def test_the_reference_names_every_column():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "release.md").read_text()
    words = set(page.replace("`", " ").split())
    assert {name for _, arrow in TABLES.values() for name in arrow.names} - words - {
        "text_digest",
        "grants",
    } == set()
