"""What views need is bound without a word, and no template or SQL of a stranger breaks or holds up what binds it."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitcorpus.catalog.tables import KEYS
from gitcorpus.compiler.bind import view_findings
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.view import SpecFile, Template, View
from gitcorpus.spec.build_views import build_view
from gitcorpus.spec.document import parse_document
from gitcorpus.spec.sources import read_ready, ready_names

FILE = SpecFile(path="specs/views/v.yaml", blob=Oid("1" * 40), commit=None)

MANY = ", ".join(f"unnest([{', '.join('1' * 99)}]) t{n}" for n in range(9))


def view(text: str = "x", source: str = "solutions", where: str = "", order: str = "", line: int = 1) -> View:
    at = Place(path=FILE.path, line=line, column=1)
    return View(
        name="v", format="lm_text", source=source, where=where, where_place=at, where_lines=(1,), order=order,
        order_place=at, order_lines=(1,), record={"text": Template(text=text, lines=(line,), place=at)}, columns=(),
        columns_place=at, split=None, families=(), file=FILE, place=at,
    )  # fmt: skip


def codes(*views: View) -> list[str]:
    return [finding.code for finding in view_findings(views, lambda _: b"x\n")]


NEEDED = (
    "{{ sources | join_files('# {path}') }}", "{{ task.prompt | fence }}",
    "{{ solution.n_files + 1 }} {{ 7 // 2 }}",
    "{{ 'a' ~ 1 ~ task.id }}{{ 'c' + 'd' }}", "{{ ['b', 'a'] | sort | join(', ') | upper | replace('A', 'x') }}",
    "{{ files | join(',', 'inner') }}", "{{ task.prompt | length }} {{ files | count }}",
    "{% for f in files if f.inner != 'a.py' %}{{ f.inner }}{% else %}none{% endfor %}",
    "{% for f in files %}{{ loop.cycle('x', 'y') }}{{ ', ' if not loop.last }}{% endfor %}",
    "{% if 'x' in task.prompt and 'q' not in task.prompt %}yes{% endif %}", "{{ task.nope | default('none') }}",
    "{{ 'inner' in files[0] }} {{ task.prompt is string }}", "{% raw %}{{ x }}{% endraw %}{# nothing #}",
    "{{ (task.prompt + task.prompt) | lines(2, 2) }}", "{{ 'z' if false else files[0].path }}",
    "{% macro m(t, n=1) %}{{ t }}{{ n }}{% endmacro %}{{ m(task.prompt, n=2) }}",
    "{% set t %}{{ task.prompt }}{% endset %}{{ t }}", "{% set a = 1 %}{% set a = 'x' %}{{ a }}",
    "{% for f in files[:2] %}{{ f['text'] }}{% endfor %}", "{% with f = files[0] %}{{ f.text }}{% endwith %}",
    "{{ solution.techniques | join(', ') }}", "{% for a, b in [['x', 'y']] %}{{ a }}{{ b }}{% endfor %}",
    "{% if nope is defined %}{{ 1 }}{% endif %}x", "{{ 10 // (solution.n_files - 1) }}", "{{ files[9].path }}",
    "{{ (files | first).text }}", "{{ solution.language or 'none' }}", "{{ not solution.has_prompt }}",
)  # fmt: skip
"""Templates that are sound, whatever the data is."""


def test_what_views_need_is_bound_without_a_word():
    views = [view(template, line=line) for line, template in enumerate(NEEDED, start=1)]
    found = {
        NEEDED[finding.place.line - 1] for finding in view_findings(views, lambda _: b"x\n" * len(NEEDED))
    }
    assert found == set()


def test_every_ready_view_binds():
    ready = []
    for name in ready_names("views"):
        file, data = read_ready("views", name)
        ready.append(build_view(parse_document(data, file.path, file).root, file))
    assert len(ready) > 20
    texts = {view.place.path: read_ready("views", f"gitcorpus:{view.name}")[1] for view in ready}
    assert list(view_findings(ready, texts.__getitem__)) == []


@pytest.mark.parametrize(
    "where",
    [
        "true", "NULL", "n_files", "n_files > 1 AND language = 'go'", "'python' IN languages",
        "CAST(split_part(root, '/', 2) AS INTEGER) = 1", "root = ANY(SELECT root FROM files)",
        "EXISTS (SELECT 1 FROM files f WHERE f.root = solutions.root AND f.role = 'test')",
        "len(list_filter(languages, lambda x: x = 'go')) = 1", "domain = 'it''s' -- not the end",
    ],
)  # fmt: skip
def test_sql_that_only_data_could_break_is_bound(where):
    assert codes(view(where=where, order="n_files DESC, length(root)")) == []


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("len(list_transform([1], lambda x: len(list_filter([1], lambda y: y > x)))) = 1", "sql-broken"),
        ("(SELECT true WHERE " * 9 + "true" + ")" * 9, "sql-broken"),
        ("'" + "x" * 70_000 + "' = root", "sql-broken"),
    ],
)  # fmt: skip
def test_sql_that_no_interrupt_reaches_is_refused_in_bounded_time(where, code):
    began = time.process_time()
    assert codes(view(where=where)) == [code]
    assert time.process_time() - began < 20


def test_sql_without_an_end_is_stopped_or_ended_with_its_process():
    """An interrupt waits for a step of DuckDB; where that step is long, the process itself is ended."""
    began = time.process_time()
    (code,) = codes(view(where=f"(SELECT count(*) FROM {MANY}) = 1"))
    assert code in ("sql-too-slow", "view-too-costly")
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("language = 3", "`language` is a text and is compared with a number: "),
        ("n_files > 1 AND language = 3", "`language` is a text"),
        ("language IN (1, 2)", "`language` is a text"),
        ("language = true", "`language` is a text and is compared with true or false"),
        ("lower(language) = 3", "`lower(language)` is a text"),
        ("CASE WHEN false THEN domain = 1.5 ELSE true END", "`domain` is a text"),
        ("EXISTS (SELECT 1 FROM files f WHERE f.role = 3 AND f.root = solutions.root)", "`role` is a text"),
        ("n_files = 'a'", "Conversion Error: Could not convert string 'a' to INT64"),
    ],
)
def test_a_text_that_is_taken_for_a_number_is_found_without_any_data(sql, sentence):
    for given_view in (view(where=sql), view(order=f"({sql}), n_files")):
        (finding,) = view_findings([given_view], lambda _: b"x\n")
        assert (finding.code, finding.sentence[: len(sentence)]) == ("sql-broken", sentence)


def test_a_text_that_is_no_number_is_found_behind_what_holds_for_no_row():
    (finding,) = view_findings([view(where="n_files < 'many' AND language = 'x'")], lambda _: b"x\n")
    assert finding.sentence == "'many' is a text that reads as no BIGINT, and is compared with one"


@pytest.mark.parametrize(
    "sql",
    [
        "TRY_CAST(language AS INTEGER) = 3", "language::INTEGER = 3", "n_files = '3'", "has_prompt = 'yes'",
        "domain = 'CAST(language AS INTEGER)'", "n_files > 1.5", "difficulty / 2 = 1", "language = '3'",
        "length(language) = 3", "CAST(n_files AS VARCHAR) = language", "list_contains(languages, 'c')",
        "n_files = (SELECT count(*) FROM files f WHERE f.root = solutions.root)",
    ],
)  # fmt: skip
def test_what_is_cast_in_so_many_words_is_bound(sql):
    assert codes(view(where=sql, order=f"({sql}), n_files")) == []


@pytest.mark.parametrize("header", ["# {pth}", "# {Path}", "# { path }", "# {path!r}", "# {}", "{path} {n}"])
def test_a_header_with_a_placeholder_that_there_is_not_is_refused(header):
    for text in (
        f"{{{{ sources | join_files('{header}') }}}}",
        f"{{{{ sources[:1] | join_files('{header}') }}}}",
    ):
        (finding,) = view_findings([view(text)], lambda _: b"x\n")
        assert finding.code == "template-broken"
        assert "knows `{path}` alone" in finding.sentence
    assert codes(view("{{ sources | join_files('/* {path} */ {') }}")) == []


PARTS = (
    "{{ ", " }}", "{% for f in ", "files", " %}", "{% endfor %}", "{% if ", "{% endif %}", "task", ".", "prompt",
    "text", " | ", "join_files", "(", ")", "'x'", "1", " + ", " ~ ", "{% set a = ", "f", "[", "]", "loop", "a",
    "{% macro m(a) %}", "{% endmacro %}", "m(1)", " is defined", " in ", "not ", "{#", "#}", "\n",
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PARTS), max_size=14), st.sampled_from(sorted(KEYS)))
def test_any_template_gets_an_answer(parts, table):
    found = list(view_findings([view("".join(parts), table)], lambda _: b"x\n"))
    assert {finding.code for finding in found} <= {"template-broken", "name-unknown", "traced-text-touched"}
    assert all(finding.place.line == 1 and finding.sentence for finding in found)


def test_what_takes_too_long_is_refused_and_the_others_are_still_tried(monkeypatch):
    monkeypatch.setattr("gitcorpus.compiler.bind.SECONDS", 2.0)
    much = "{% set b = 'yyyyyyyyyy'" + " | replace('y', 'yyyyyyyyyy')" * 4 + " %}"
    rounds = "{% set a = '" + "y" * 300 + "' %}{% for i in a %}{% for j in a %}"
    slow = view(f"{much}{rounds}{{% set c = b | replace('y', 'z') %}}{{% endfor %}}{{% endfor %}}x")
    (finding,) = view_findings([view(), slow], lambda _: b"x\n")
    assert finding.code == "view-too-costly"
    assert finding.sentence == "the view `v` takes too much time or memory before there is any data"
    assert codes(view("{{ nope }}")) == ["name-unknown"]


def test_what_uses_up_its_time_takes_none_of_the_others():
    slow = view(
        "{% set a = '" + "y" * 300 + "' %}" + "{% for i in a %}" * 2 + "{{ 'x' * 1 }}" + "{% endfor %}" * 2
    )
    good, bad = view(), view("{{ nope }}")
    assert codes(good, slow, bad)[-1] == "name-unknown"
