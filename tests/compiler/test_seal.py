"""Rows become the same bytes every time, and splits deal the same record to the same split."""

import hashlib
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.compiler import seal
from gitcorpus.compiler.publish import file_digest
from gitcorpus.compiler.render import deal
from gitcorpus.compiler.seal import ShardedWriter, TableWriter, possible_names, storable, write_table
from gitcorpus.compiler.sealed import split_lines
from gitcorpus.compiler.stored import read_table, rows_at
from gitcorpus.errors import GitcorpusError
from gitcorpus.inside import Inside
from gitcorpus.model.place import Place
from gitcorpus.model.view import Split

SCHEMA = pa.schema({"id": pa.int64(), "text": pa.string(), "parts": pa.list_(pa.string())})
ROWS = [{"id": n, "text": "x" * n if n % 7 else None, "parts": [str(n)] * (n % 3)} for n in range(2500)]


def test_the_same_rows_are_the_same_bytes(tmp_path):
    tables = [write_table(tmp_path / name, "t.parquet", ROWS, SCHEMA) for name in ("one", "two")]
    assert tables[0] == tables[1]
    assert file_digest(tmp_path / "one/t.parquet") == file_digest(tmp_path / "two/t.parquet")
    assert list(rows_at(Inside(tmp_path, "one/t.parquet"), most=1000)) == ROWS


def test_another_reader_finds_the_same_logical_digests(tmp_path):
    table = write_table(tmp_path, "t.parquet", ROWS, SCHEMA)
    read = duckdb.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "t.parquet")]).fetchall()
    rows = [dict(zip(SCHEMA.names, row, strict=True)) for row in read]
    each = [hashlib.sha256(plain_json(row)).digest() for row in rows]
    assert table.ordered == f"sha256:{hashlib.sha256(b''.join(each)).hexdigest()}"
    assert table.unordered == f"sha256:{hashlib.sha256(b''.join(sorted(each))).hexdigest()}"


def plain_json(row: dict) -> bytes:
    """Write canonical JSON as somebody would who knows only what the design says of it."""
    import json  # noqa: PLC0415 - the other implementation stands apart

    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_an_empty_table_is_a_table(tmp_path):
    assert write_table(tmp_path, "t.parquet", [], SCHEMA).rows == 0
    assert list(rows_at(Inside(tmp_path, "t.parquet"), most=1000)) == []


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 1000])
def test_what_is_no_table_is_said(tmp_path, data):
    (tmp_path / "t.parquet").write_bytes(data)
    with pytest.raises(GitcorpusError, match="table-unreadable"):
        read_table(Inside(tmp_path, "t.parquet"))


@given(st.lists(st.integers(0, 60), max_size=30))
def test_shards_keep_every_row_in_order_and_stay_small(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seal, "MAX_SHARD_BYTES", 100)
        writer = ShardedWriter(folder, "data", "train", pa.schema({"id": pa.int64()}))
        for number, size in enumerate(sizes):
            writer.add(pa.table({"id": [number]}), [size])
        tables = writer.close()
    parts = [[row["id"] for row in rows_at(Inside(folder, table.path), most=1000)] for table in tables]
    assert [number for part in parts for number in part] == list(range(len(sizes)))
    assert [table.rows for table in tables] == [len(part) for part in parts]
    assert sorted(each.name for each in folder.rglob("*.parquet")) == [
        Path(table.path).name for table in tables
    ]
    for part in parts:
        assert len(part) < 2 or sum(sizes[number] for number in part) <= 100


@given(st.lists(st.integers(0, 60), min_size=1, max_size=30))
def test_groups_of_rows_stay_small_and_hold_them_all(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("groups")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seal, "GROUP_BYTES", 100)
        patch.setattr(seal, "ROW_GROUP", 5)
        writer = TableWriter(folder, "t.parquet", pa.schema({"id": pa.int64()}))
        for number, size in enumerate(sizes):
            writer.add(pa.table({"id": [number]}), [size])
        writer.close()
    file = pq.ParquetFile(folder / "t.parquet")
    groups = [file.read_row_group(number)["id"].to_pylist() for number in range(file.num_row_groups)]
    assert [number for group in groups for number in group] == list(range(len(sizes)))
    for group in groups:
        assert len(group) < 2 or (len(group) <= 5 and sum(sizes[number] for number in group) <= 100)


@given(st.binary(max_size=20))
def test_a_name_that_no_table_can_hold_can_be_found_again(data):
    name = data.decode("utf-8", "surrogateescape")
    written = storable(name)
    written.encode("utf-8")
    assert name in possible_names(written) or "\\x" in name


@given(st.text(st.sampled_from("ab\n\r"), max_size=20))
def test_lines_are_what_git_counts(text):
    lines = split_lines(text)
    assert (
        "".join(f"{line}\n" for line in lines).removesuffix("\n") == text.removesuffix("\n") or text == "\n"
    )
    assert len(lines) == text.count("\n") + (bool(text) and not text.endswith("\n"))


def split(*shares: tuple[str, str], seed: str = "s") -> Split:
    dealt = tuple((name, Fraction(share)) for name, share in shares)
    return Split(by="task", shares=dealt, seed=seed, place=Place(path="v.yaml"))


TENTHS = split(("train", "0.8"), ("validation", "0.1"), ("test", "0.1"))


def test_a_value_is_dealt_by_its_digest_and_by_nothing_else():
    values = [f"task-{n}" for n in range(3000)]
    dealt = [deal(TENTHS, value) for value in values]
    assert dealt == [deal(TENTHS, value) for value in values]
    assert 2300 < dealt.count("train") < 2500
    assert 230 < dealt.count("test") < 370


def test_a_larger_share_takes_records_and_gives_none_away():
    more = split(("train", "0.9"), ("validation", "0.05"), ("test", "0.05"))
    for n in range(500):
        if deal(TENTHS, f"task-{n}") == "train":
            assert deal(more, f"task-{n}") == "train"


def test_another_seed_deals_anew():
    other = split(("train", "0.8"), ("validation", "0.1"), ("test", "0.1"), seed="t")
    assert any(deal(TENTHS, f"task-{n}") != deal(other, f"task-{n}") for n in range(50))


@given(st.text(max_size=10), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_every_value_is_dealt(value, weights):
    shares = [(f"s{n}", Fraction(weight, sum(weights))) for n, weight in enumerate(weights)]
    dealt = Split(by="task", shares=tuple(shares), seed="", place=Place(path="v.yaml"))
    assert deal(dealt, value) in dict(shares)
