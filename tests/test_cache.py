"""The cache: what it knows, what it forgets, and that nothing that happens to its file is felt."""

import multiprocessing
from datetime import date
from pathlib import Path

import pytest

from gitcorpus.cache import Cache

DAY = date(2026, 2, 1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache.db"


def test_what_was_learnt_is_known_in_another_process(path):
    Cache(path).learn("syntax", {b"a": b"[]", b"b": b"x"}, today=DAY)
    assert Cache(path).known([b"a", b"b", b"c"]) == {b"a": b"[]", b"b": b"x"}


def test_a_result_that_is_known_stays_as_it_is(path):
    cache = Cache(path)
    cache.learn("syntax", {b"a": b"1"}, today=DAY)
    cache.learn("syntax", {b"a": b"2"}, today=DAY)
    assert cache.known([b"a"]) == {b"a": b"1"}


def test_thousands_are_looked_up_at_once(path):
    cache = Cache(path)
    results = {n.to_bytes(4, "big"): b"" for n in range(3000)}
    cache.learn("paths", results, today=DAY)
    assert cache.known(results) == results
    assert [(topic.name, topic.results, topic.bytes) for topic in cache.topics()] == [("paths", 3000, 12_000)]


def test_old_results_are_forgotten_and_then_all(path):
    cache = Cache(path)
    cache.learn("a", {b"1": b""}, today=DAY)
    cache.learn("a", {b"2": b""}, today=date(2026, 3, 1))
    assert cache.clear(before=date(2026, 2, 15)) == 1
    assert cache.known([b"1", b"2"]) == {b"2": b""}
    assert cache.clear() == 1
    assert cache.topics() == ()


@pytest.mark.parametrize("data", [b"no database\n" * 100, b"SQLite format 3\0" + b"\0" * 4000])
def test_a_broken_file_is_begun_anew(path, data):
    path.write_bytes(data)
    assert Cache(path).known([b"a"]) == {}
    cache = Cache(path)
    cache.learn("a", {b"a": b"1"}, today=DAY)
    cache.learn("a", {b"a": b"1"}, today=DAY)
    assert Cache(path).known([b"a"]) == {b"a": b"1"}


def test_a_file_that_was_torn_is_begun_anew(path):
    cache = Cache(path)
    cache.learn("a", {n.to_bytes(4, "big"): b"x" * 500 for n in range(500)}, today=DAY)
    cache.close()
    data = bytearray(path.read_bytes())
    data[100:200] = b"\xff" * 100
    path.write_bytes(bytes(data))
    Cache(path).known([b"\0\0\0\1"])
    again = Cache(path)
    again.learn("a", {b"new": b"1"}, today=DAY)
    again.learn("a", {b"new": b"1"}, today=DAY)
    assert again.known([b"new"]) == {b"new": b"1"}


def test_where_nothing_can_be_written_nothing_is_learnt(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file" / "cache.db")
    cache.learn("a", {b"a": b""}, today=DAY)
    assert (cache.known([b"a"]), cache.topics(), cache.clear()) == ({}, (), 0)


def test_a_file_that_is_deleted_meanwhile_is_made_again(path):
    cache = Cache(path)
    cache.learn("a", {b"a": b""}, today=DAY)
    cache.close()
    path.unlink()
    cache.learn("a", {b"b": b""}, today=DAY)
    assert cache.known([b"a", b"b"]) == {b"b": b""}


def _learn(path: Path, number: int) -> None:
    cache = Cache(path)
    for each in range(20):
        cache.learn("a", {f"{number}-{each}".encode(): b""}, today=DAY)


def test_processes_learn_at_the_same_time(path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_learn, args=(path, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sum(topic.results for topic in Cache(path).topics()) == 80
