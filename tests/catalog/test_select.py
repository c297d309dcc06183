"""What a view's SQL may say, what it may not, and that its answer is the same everywhere."""

import re
import time
from pathlib import Path

import pytest

from gitcorpus.catalog.sql import FUNCTIONS
from gitcorpus.catalog.tables import SCHEMAS, Catalog
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.place import Place

PLACES = (
    Place(path="specs/views/v.yaml", line=6, column=8),
    Place(path="specs/views/v.yaml", line=7, column=8),
)
SOLUTIONS = (
    {"root": "c", "task": "three", "difficulty": 3, "languages": ["go", "python"], "domain": "cloud"},
    {"root": "a", "task": "one", "difficulty": None, "languages": ["python"], "domain": "it's"},
    {"root": "b", "task": "Two", "difficulty": 1, "languages": [], "domain": "random"},
)
COMMITS = ({"commit": "1" * 40, "authored_at": 86400 * 31, "author_email": "north@corpus.example"},)


def catalog(**more) -> Catalog:
    rows = {"solutions": SOLUTIONS, "files": [{"path": f"f{n}"} for n in range(40)], "commits": COMMITS}
    whole = {
        name: [dict.fromkeys(SCHEMAS[name].names) | row for row in found] for name, found in rows.items()
    }
    return Catalog(whole, **more)


def select(where: str = "", order: str = "", view: str = "", **more) -> str:
    return "".join(catalog(**more).select("solutions", where=where, order=order, places=PLACES, view=view))


def refusal(where: str = "", order: str = "", **more) -> GitcorpusError:
    with pytest.raises(GitcorpusError) as caught:
        select(where, order, **more)
    assert caught.value.place == str(PLACES[0] if where else PLACES[1])
    return caught.value


@pytest.mark.parametrize(
    ("where", "order", "expected"),
    [
        ("", "", "abc"),
        ("difficulty <= 3", "difficulty", "bc"),
        ("", "difficulty", "bca"),
        ("", "difficulty DESC", "cba"),
        ("", "difficulty NULLS FIRST", "abc"),
        ("", "len(languages) DESC, task", "cab"),
        ("", "task", "bac"),
        ("", "domain = 'nowhere'", "abc"),
        ("task LIKE 't%' OR task ILIKE 'TWO'", "", "bc"),
        ("list_contains(languages, 'go')", "", "c"),
        ("'python' IN languages", "", "ac"),
        ("domain = 'random' -- not the function", "", "b"),
        ("domain = 'it''s'", "", "a"),
        ("domain = E'it\\'s'", "", "a"),
        ("coalesce(difficulty, 9) BETWEEN 3 AND 9", "", "ac"),
        ("CASE WHEN difficulty IS NULL THEN false ELSE true END", "", "bc"),
        ("EXISTS (SELECT 1 FROM unnest(languages) AS each(name) WHERE name = 'go')", "", "c"),
        ("(SELECT count(*) FROM files) = 40 AND root = 'a'", "", "a"),
        ("root IN (SELECT min(root) FROM solutions GROUP BY domain HAVING count(*) = 1)", "", "abc"),
        ("len(list_filter(languages, lambda x: x = 'go')) = 1", "", "c"),
        ("regexp_matches(task, '^[a-z]+$')", "", "ac"),
        ("sha256(root) < sha256('b') OR root = 'b'", "", "bc"),
        ("NULL", "", ""),
    ],
)
def test_selects_by_conditions_and_orders_totally(where, order, expected):
    assert select(where, order) == expected


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Lima"])
def test_times_do_not_depend_on_the_machines_time_zone(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert select(
            "EXISTS (SELECT 1 FROM commits WHERE to_timestamp(authored_at)::VARCHAR LIKE '1970-02-01 00%')"
        )
        assert select("EXISTS (SELECT 1 FROM commits WHERE month(to_timestamp(authored_at)) = 2)")
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "where",
    [
        "random() < 2", '"random"() < 2', "system.main.random() < 2", "/* ' */ random() < 2 /* ' */",
        r"E'\'' <> '' AND random() < 2 AND '' = ''", "now() IS NOT NULL", "current_date > '2020-01-01'",
        "CURRENT_TIMESTAMP IS NOT NULL", "today() IS NOT NULL", "uuid() IS NOT NULL", "user <> ''",
        "session_user <> ''",
        "current_setting('threads') = '1'", "root IN (SELECT root FROM solutions USING SAMPLE 1)",
        "root IN (SELECT root FROM solutions TABLESAMPLE 50%)", "nextval('x') > 0", "txid_current() > 0",
        "root IN (SELECT root FROM solutions ORDER BY random())", "EXISTS (SELECT max(random()) FROM files)",
        "EXISTS (SELECT sum(1) OVER (ORDER BY random()) FROM files)",
        "EXISTS (SELECT count(*) FILTER (WHERE random() < 2) FROM files)",
        "EXISTS (SELECT 1 FROM files JOIN commits ON random() < 2)",
    ],
)  # fmt: skip
def test_refuses_what_may_say_something_else_at_the_next_build(where):
    assert refusal(where).code == "sql-not-repeatable"


@pytest.mark.parametrize(
    "where",
    [
        # beyond the end of the expression
        "true) UNION ALL SELECT path FROM files WHERE (true", "true); DROP TABLE files; SELECT (1",
        "true) ORDER BY (root", "true) LIMIT (1", "true) GROUP BY (root", "true) HAVING (true", "true) QUALIFY (true",
        "true) LIMIT 1 --", "true) EXCEPT SELECT root FROM solutions WHERE (true", "true)) FROM (SELECT (1",
        # other than the catalog
        "EXISTS (SELECT 1 FROM read_text('/etc/hosts'))", "EXISTS (SELECT 1 FROM glob('/etc/*'))",
        "EXISTS (SELECT 1 FROM '/etc/hosts')", "EXISTS (SELECT 1 FROM duckdb_settings())",
        "EXISTS (SELECT 1 FROM duckdb_settings)", "EXISTS (SELECT 1 FROM information_schema.tables)",
        "EXISTS (SELECT 1 FROM pragma_version())", "EXISTS (SHOW TABLES)", "EXISTS (DESCRIBE solutions)",
        "EXISTS (SELECT 1 FROM query('SELECT random()'))", "getenv('HOME') <> ''", "version() <> ''",
        # without end, or larger than the machine
        "EXISTS (WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT 1 FROM t)",
        "EXISTS (SELECT 1 FROM range(1000000000000))", "repeat('a', 1000000000) <> ''", "pg_sleep(60) IS NULL",
        "lpad('a', 1000000000) <> ''", "list_sum(range(1000000000)) > 0", "task || task <> ''",
        "replace(task, 't', 'tt') <> ''", "(" * 5000 + "true" + ")" * 5000, "NOT " * 900 + "true", "x" * 70_000,
        # no condition
        "root", "count(*) > 0", "row_number() OVER () > 1", "? = 1", "$1 = 1", "", "task =", "'", "/*",
    ],
)  # fmt: skip
def test_refuses_what_is_no_expression_over_the_catalog(where):
    started = time.monotonic()
    assert refusal(where or " ").code == "sql-broken"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "order",
    [
        "1 LIMIT 1 --", "task; DROP TABLE files", "task) UNION SELECT (1", "task LIMIT 1", "task,", "ALL",
        "task OFFSET 1", "repeat(task, 9)", "count(*)",
    ],
)  # fmt: skip
def test_refuses_what_is_no_order_at_the_orders_place(order):
    assert refusal(order=order).code == "sql-broken"


def test_a_fault_of_the_order_is_not_blamed_on_the_condition():
    with pytest.raises(GitcorpusError) as caught:
        select("difficulty > 0", "CAST(task AS INTEGER)")
    assert (caught.value.code, caught.value.place) == ("sql-broken", "specs/views/v.yaml:7:8")


@pytest.mark.parametrize("column", ["dificulty", "solutions.dificulty", "Dificulty"])
def test_an_unknown_column_names_the_nearest(column):
    error = refusal(f"{column} > 1")
    assert (error.code, error.sentence) == ("column-unknown", f"there is no column `{column.split('.')[-1]}`")
    assert error.hint == "did you mean `difficulty`?"


def test_an_unknown_table_and_function_name_the_nearest():
    assert refusal("EXISTS (SELECT 1 FROM solution)").hint == "did you mean `solutions`?"
    assert refusal("list_contain(languages, 'go')").hint == "did you mean `list_contains`?"


def test_a_query_without_end_is_stopped():
    files = ", ".join(f"files AS f{n}" for n in range(8))
    error = refusal(f"(SELECT count(*) FROM {files} WHERE f0.path < f7.path) > 0", seconds=0.3)
    assert (error.code, error.sentence) == ("sql-too-slow", "it had no answer after 0.3 seconds")
    error = refusal("", f"(SELECT count(*) FROM {files} WHERE f0.path < f7.path)", seconds=0.3, view="pairs")
    assert error.sentence == "the view `pairs`, `order`: it had no answer after 0.3 seconds"
    assert error.hint == "ask less: no joins of large tables with each other"


def test_an_answer_has_no_row_twice():
    assert refusal(order="unnest([1, 2])").sentence == "it answers with more rows than the table has"


def test_every_function_that_views_may_call_depends_on_its_arguments_alone():
    listed = catalog()._duck.execute(
        "SELECT DISTINCT lower(function_name), stability FROM duckdb_functions() WHERE stability IS NOT NULL"
    )
    stability = {}
    for name, said in listed.fetchall():
        stability.setdefault(name, set()).add(said)
    assert {
        name: stability[name] for name in FUNCTIONS & stability.keys() if stability[name] != {"CONSISTENT"}
    } == {}


def test_the_reference_lists_the_functions():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "release.md").read_text()
    section = page.split("## What SQL can call\n")[1].split("\n## ")[0]
    assert set(" ".join(re.findall(r"`` (.+?) ``", section)).split()) == FUNCTIONS


def test_the_reference_lists_the_columns():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "release.md").read_text()
    section = page.split("## The catalog")[1].split("\n## ")[0]
    listed = dict(re.findall(r"`(\w+)` (?:\| |\()`([\w\s]+)`", section))
    assert {name: words.split() for name, words in listed.items()} == {
        name: schema.names for name, schema in SCHEMAS.items()
    }


def test_nothing_is_written_beside_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    select("difficulty > 0", "task")
    assert list(tmp_path.iterdir()) == []
