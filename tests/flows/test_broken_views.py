"""Broken views and releases: each is found by `gitcorpus spec check` and by the push that brings it, at its place."""

# ruff: noqa: E501 - what is printed stands here as it is

import json
from pathlib import Path

import pytest
from flows.test_push import Judged
from inline_snapshot import snapshot
from smallest import RELEASE, SPECS, push_of, smallest

from gitcorpus.cli.app import main
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release
from gitcorpus.model.release import ReleaseRequest
from gitcorpus.model.verdict import Outcome
from gitcorpus.packages import install_command

HEAD = "apiVersion: gitcorpus/v1\nkind: View\nname: bad\nformat: {}\nfrom: {}\n"
TEXT = 'record: {text: "{{ file.text }}"}\n'
JOIN = ", ".join(f"(SELECT unnest([1,2,3,4,5,6,7,8,9]) AS x) t{n}" for n in range(14))
GRADUAL = "{prompt: x, completions: [x], labels: [%s]}"


def files(*lines: str, record: str = TEXT) -> str:
    return HEAD.format("lm_text", "files") + "\n".join((*lines, record))


def text(template: str, source: str = "files") -> str:
    return HEAD.format("lm_text", source) + f"record:\n  text: {json.dumps(template)}\n"


def stepwise(label: str) -> str:
    return HEAD.format("stepwise", "trajectories") + f"record: {GRADUAL % label}\n"


BROKEN = {
    # SQL
    "unknown-column": files("where: n_bites > 0"),
    "unknown-column-of-a-table": files("where: EXISTS (SELECT 1 FROM tasks t WHERE t.titel = path)"),
    "unknown-table": files("where: EXISTS (SELECT 1 FROM task)"),
    "unknown-function": files("where: lenght(path) > 0"),
    "syntax": files("where: |", "  n_bytes > 0", "  AND AND path = 'x'"),
    "keyword-misspelt": files("where: n_bytes > 1 ADN n_lines > 1"),
    "bracket-left-open": files("where: (n_bytes > 1"),
    "several-statements": files("where: true; DROP TABLE files"),
    "past-the-end": files("where: true) UNION SELECT path FROM files WHERE (true"),
    "attach": files("where: \"true; ATTACH '/etc/passwd'\""),
    "reads-files": files("where: \"path IN (SELECT content FROM read_text('/etc/passwd'))\""),
    "reads-csv": files("where: \"EXISTS (SELECT 1 FROM read_csv('/etc/passwd'))\""),
    "without-end": files(f"where: (SELECT count(*) FROM {JOIN} WHERE t0.x + t13.x = 99) = 0"),
    "not-repeatable": files("where: random() < 0.5"),
    "another-type": files("where: n_bytes = 'many'"),
    "no-condition": files("where: techniques"),
    "aggregate": files("where: count(*) > 1"),
    "order-column": files("order: n_bites DESC"),
    "order-syntax": files("order: path DSC"),
    "order-text": files("order: \"'path'\""),
    "order-twice-the-rows": files("order: unnest([1, 2])"),
    "columns": files("columns: [path, langage]"),
    "split-by": files("split: {by: tasks, train: 0.9, test: 0.1}"),
    # templates
    "unclosed": HEAD.format("lm_text", "files") + "record:\n  text: |\n    Do:\n    {{ file.text\n",
    "unclosed-block": text("{% if file.path %}x"),
    "unknown-name": text("{{ fil.text }}"),
    "unknown-field": text("{{ task.promt }}"),
    "unknown-field-folded": HEAD.format("lm_text", "files")
    + "record:\n  text: >\n    Do\n    {{ task.promt }}\n",
    "unknown-field-of-a-file-of-a-list": text(
        "{% for each in sources %}{{ each.txt }}{% endfor %}", "solutions"
    ),
    "unknown-field-in-a-branch": text("{% if file.language == 'abap' %}{{ file.txt }}{% endif %}x"),
    "name-of-another-table": text("{{ fragment.text }}"),
    "unknown-filter": text("{{ file.text | fense }}"),
    "filter-of-another-kind": text("{{ file.path | fence }}"),
    "filter-arguments": text("{{ file.text | lines('1') }}"),
    "method": text("{{ file.path.upper() }}"),
    "text-touched": text("{{ file.text | upper }}"),
    "text-joined": text("{{ 'x' ~ file.text }}"),
    "include": text("{% include '/etc/passwd' %}"),
    "import": text("{% import 'os' as os %}"),
    "dunder": text("{{ ''.__class__.__mro__ }}"),
    "dunder-of-a-row": text("{{ file.__class__ }}"),
    "dunder-of-a-loop": text("{% for f in [1] %}{{ loop.__init__ }}{% endfor %}"),
    "range": text("{% for i in range(1000000000) %}x{% endfor %}"),
    "loops": text(
        "{% set a = '" + "y" * 900 + "' %}{% for i in a %}{% for j in a %}x{% endfor %}{% endfor %}"
    ),
    "doubling": text("{% set a = 'x' %}" + "{% set a = a + a %}" * 40 + "{{ a }}"),
    "recursion": text("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
    "row-printed": text("{{ file }}"),
    "list-printed": text("{{ sources }}", "solutions"),
    "loop-over-a-number": text("{% for i in file.n_bytes %}x{% endfor %}"),
    # records
    "each-of-no-list": stepwise("{each: task.id, as: s, give: [true]}"),
    "each-of-nothing": stepwise("{each: stepps, as: s, give: [true]}"),
    "value-unknown": stepwise("{each: steps, as: s, give: [{value: s.god}]}"),
    "value-of-another-type": stepwise("{each: steps, as: s, give: [{value: s.label}]}"),
    "value-of-a-text": stepwise("{each: steps, as: s, give: [{value: s.message}]}"),
    "format-of-another-table": HEAD.format("fim", "files") + "record: {prefix: x, middle: x, suffix: x}\n",
    "records-for-texts": HEAD.format("lm_text", "records") + "record: {text: x}\n",
    "index-with-a-record": HEAD.format("curriculum", "records") + "record: {text: x}\n",
    # names
    "view-called-lines": files().replace("name: bad", "name: Lines"),
    "view-called-provenance": files().replace("name: bad", "name: provenance_lines"),
    "view-called-nul": files().replace("name: bad", "name: nul"),
    "view-of-another-case": files().replace("name: bad", "name: Pairs"),
    "split-called-all": files("split: {all: 1}"),
    "field-without-a-name": files(record='record: {text: x, "": x}\n'),
    "fields-alike": files("columns: [path, Path]"),
    "field-called-split": files(record="record: {text: x, split: x}\n"),
}
"""One broken view each."""


FOUND = {
    "unknown-column": ["6:8 column-unknown"],
    "unknown-column-of-a-table": ["6:44 sql-broken"],
    "unknown-table": ["6:30 sql-broken"],
    "unknown-function": ["6:8 sql-broken"],
    "syntax": ["8:7 sql-broken"],
    "keyword-misspelt": ["6:20 sql-broken"],
    "bracket-left-open": ["6:19 sql-broken"],
    "several-statements": ["6:12 sql-broken"],
    "past-the-end": ["6:8 sql-broken"],
    "attach": ["6:13 sql-broken"],
    "reads-files": ["6:38 sql-broken"],
    "reads-csv": ["6:31 sql-broken"],
    "without-end": ["6:8 sql-too-slow"],
    "not-repeatable": ["6:8 sql-not-repeatable"],
    "another-type": ["6:18 sql-broken"],
    "no-condition": ["6:8 sql-broken"],
    "aggregate": ["6:8 sql-broken"],
    "order-column": ["6:8 column-unknown"],
    "order-syntax": ["6:13 sql-broken"],
    "order-text": ["6:9 sql-broken"],
    "order-twice-the-rows": ["6:8 sql-broken"],
    "columns": ["6:17 column-unknown"],
    "split-by": ["6:13 column-unknown"],
    "unclosed": ["9:5 template-broken"],
    "unclosed-block": ["7:10 template-broken"],
    "unknown-name": ["7:13 name-unknown"],
    "unknown-field": ["7:18 name-unknown"],
    "unknown-field-folded": ["9:13 name-unknown"],
    "unknown-field-of-a-file-of-a-list": ["7:43 name-unknown"],
    "unknown-field-in-a-branch": ["7:50 name-unknown"],
    "name-of-another-table": ["7:13 name-unknown"],
    "unknown-filter": ["7:25 template-broken"],
    "filter-of-another-kind": ["7:10 template-broken"],
    "filter-arguments": ["7:10 template-broken"],
    "method": ["7:23 template-broken"],
    "text-touched": ["7:25 traced-text-touched"],
    "text-joined": ["7:17 traced-text-touched"],
    "include": ["7:10 template-broken"],
    "import": ["7:10 template-broken"],
    "dunder": ["7:16 template-broken", "7:26 template-broken"],
    "dunder-of-a-row": ["7:18 name-unknown"],
    "dunder-of-a-loop": ["7:36 template-broken"],
    "range": ["7:22 name-unknown"],
    "loops": ["7:10 template-broken"],
    "doubling": ["7:10 template-broken"],
    "recursion": ["7:10 template-broken"],
    "row-printed": ["7:13 template-broken"],
    "list-printed": ["7:13 template-broken"],
    "loop-over-a-number": ["7:27 template-broken"],
    "each-of-no-list": ["6:55 value-misfit"],
    "each-of-nothing": ["6:55 name-unknown"],
    "value-unknown": ["6:84 name-unknown"],
    "value-of-another-type": ["6:84 value-misfit"],
    "value-of-a-text": ["6:84 traced-text-touched"],
    "format-of-another-table": ["5:7 record-misfit"],
    "records-for-texts": ["5:7 record-misfit"],
    "index-with-a-record": ["6:9 record-misfit"],
    "view-called-lines": ["3:7 reserved-view"],
    "view-called-provenance": ["3:7 reserved-view"],
    "view-called-nul": ["3:7 reserved-view"],
    "view-of-another-case": ["3:7 names-alike"],
    "split-called-all": ["6:9 reserved-split"],
    "field-without-a-name": ["6:19 bad-field-name"],
    "fields-alike": ["6:17 names-alike", "6:17 column-unknown"],
    "field-called-split": ["6:19 reserved-column"],
}
"""Where each is found, and as what."""
PARTS = 5
OTHER = "view-unshipped"
"""What is said of every view here besides: none of them is shipped."""
LEAD = SPECS["specs/contributors.yaml"].replace("roles: [integrator]", "roles: [leads, integrator]")
SOUND = {**SPECS, "specs/contributors.yaml": LEAD}
"""What the lead, who owns the specs, has pushed before."""


def named(name: str) -> dict[str, str]:
    """Return a broken view as a file of its own; it is called as the file unless its name is what is broken."""
    return {f"specs/views/{name}.yaml": BROKEN[name].replace("name: bad\n", f"name: {name}\n")}


def written(folder: Path, files: dict[str, str]) -> None:
    for path, content in {**SOUND, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)


def of_views(said: str) -> str:
    """Return what of the findings is about views."""
    kept, is_of_view = [], False
    for line in said.splitlines():
        is_of_view = is_of_view if line.startswith(" ") else "specs/views/" in line and OTHER not in line
        kept += [line] if is_of_view else []
    return "\n".join(kept)


def test_each_is_found_by_the_check(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, {})
    assert main(["spec", "check"]) == 0
    assert of_views(capsys.readouterr().out) == ""
    written(tmp_path, {path: view for name in BROKEN for path, view in named(name).items()})
    assert main(["spec", "check", "--format", "json"]) == 1
    found: dict[str, list[str]] = {name: [] for name in BROKEN}
    for each in json.loads(capsys.readouterr().out):
        path, _, place = each["place"].partition(":")
        if path.startswith("specs/views/") and each["code"] != OTHER:
            found[Path(path).stem].append(f"{place} {each['code']}")
    assert found == FOUND
    assert len(found) >= 60
    assert all(found.values())


@pytest.mark.parametrize("part", range(PARTS))
def test_each_is_refused_by_the_push_that_brings_it(forge, part):
    work = forge.work()
    gates = "apiVersion: gitcorpus/v1\nkind: Gates\ngates: [{id: size, uses: size}]\n"
    base = work.commit({**SOUND, "specs/gates.yaml": gates}, "specs", author="lead")
    work.git("checkout", "--quiet", "--detach")
    names = sorted(BROKEN)[part::PARTS]
    for name in names:
        work.git("checkout", "--quiet", "--detach", base)
        judged = Judged(work, push_of(work.commit(named(name), name, author="lead"), old=base, pusher="lead"))
        assert judged.verdict.outcome is Outcome.REFUSED, name
        (path,) = named(name)
        findings = [
            each for each in judged.verdict.findings if each.place.path == path and each.code != OTHER
        ]
        said = [f"{str(each.place).removeprefix(path)[1:]} {each.code}" for each in findings]
        assert said == FOUND[name], name
    assert len(names) >= 12


def test_what_is_wrong_is_said_with_its_line_and_a_way_out(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    shown = ("unknown-column", "syntax", "several-statements", "without-end", "unclosed", "unknown-field-folded",
             "unknown-filter", "text-touched", "loops", "value-unknown", "each-of-no-list")  # fmt: skip
    written(tmp_path, {path: view for name in shown for path, view in named(name).items()})
    assert main(["spec", "check"]) == 1
    assert of_views(capsys.readouterr().out) == snapshot("""\
specs/views/each-of-no-list.yaml:6:55 value-misfit: there are not several of `task.id`
    pt: x, completions: [x], labels: [{each: task.id, as: s, give: [true]}]}
                                             ^^^^^^^
  hint: name a list, such as `steps`
specs/views/loops.yaml:7:10 template-broken: it takes more than 100000 rounds of loops and calls
    …  text: "{% set a = 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
specs/views/several-statements.yaml:6:12 sql-broken: it must be one expression, and it holds further statements
    where: true; DROP TABLE files
               ^
  hint: leave the `;` out
specs/views/syntax.yaml:8:7 sql-broken: Parser Error: syntax error at or near "AND"
      AND AND path = 'x'
          ^^^
specs/views/text-touched.yaml:7:25 traced-text-touched: `upper` would lose where a text came from
      text: "{{ file.text | upper }}"
                            ^^^^^
  hint: use one of the filters: fence, join_files, lines, without_final_newline; or print the texts side by side
specs/views/unclosed.yaml:9:5 template-broken: unexpected end of template, expected 'end of print statement'
        {{ file.text
        ^^^^^^^^^^^^
specs/views/unknown-column.yaml:6:8 column-unknown: there is no column `n_bites`
    where: n_bites > 0
           ^^^^^^^
  hint: did you mean `n_bytes`?
specs/views/unknown-field-folded.yaml:9:13 name-unknown: there is no field `promt` in `task`
        {{ task.promt }}
                ^^^^^
  hint: did you mean `prompt`?
specs/views/unknown-filter.yaml:7:25 template-broken: there is no filter `fense`
      text: "{{ file.text | fense }}"
                            ^^^^^
  hint: did you mean `fence`?
specs/views/value-unknown.yaml:6:84 name-unknown: there is no value `s.god`
    ompletions: [x], labels: [{each: steps, as: s, give: [{value: s.god}]}]}
                                                                  ^^^^^
  hint: did you mean `good`?
specs/views/without-end.yaml:6:8 sql-too-slow: the view `without-end` asks what has no end: it had no answer after 1 second, without any data
    …where: (SELECT count(*) FROM (SELECT unnest([1,2,3,4,5,6,7,8,9]) AS x)…
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: ask less: no joins of large tables with each other\
""")


@pytest.mark.parametrize("name", ["unknown-column", "unknown-field-folded", "value-of-a-text"])
def test_a_release_says_the_same(forge, tmp_path, capsys, name):
    work = smallest(forge)
    release = RELEASE.replace("views: [", "views: [bad, ")
    work.commit({"specs/views/bad.yaml": BROKEN[name], "specs/release.yaml": release}, "bad", author="lead")
    work.tag("v1")
    with pytest.raises(GitcorpusError) as caught:
        compile_release(
            ReleaseRequest(repository=work.path, tag="v1", folder=tmp_path, unverified=True),
            progress=lambda *_: None,
        )
    main(["spec", "check", "v1", "--repo", str(work.path), "--format", "json"])
    (said,) = [each for each in json.loads(capsys.readouterr().out) if "specs/views/" in each["place"]]
    error = caught.value
    assert [error.code, error.place, error.sentence, error.hint] == [
        said["code"], said["place"], said["sentence"], said["hint"],
    ]  # fmt: skip


def test_without_what_compiles_views_the_check_says_so_and_the_push_is_not_judged(
    forge, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("gitcorpus.flows.compiled.missing", lambda: ("jinja_that_is_not_there",))
    folder, work = tmp_path / "checked", smallest(forge)
    written(folder, {})
    assert main(["spec", "check", str(folder)]) == 0
    assert of_views(capsys.readouterr().out).replace(str(folder), "FOLDER").replace(
        install_command(), "COMMAND"
    ) == snapshot("""\
FOLDER/specs/views/pairs.yaml:1:1 views-not-compiled: views cannot be compiled here: jinja_that_is_not_there is missing, so their SQL and their templates were not checked; the server checks them (warning)
  hint: COMMAND\
""")
    work.git("checkout", "--quiet", "--detach")
    base = work.head
    changed = SPECS["specs/views/pairs.yaml"].replace("n_sources > 0", "n_sources > 1")
    tip = work.commit({"specs/views/pairs.yaml": changed}, author="lead")
    judged = Judged(work, push_of(tip, old=base, pusher="lead"))
    assert judged.verdict.outcome is Outcome.UNJUDGED
    assert judged.text == snapshot("""\
could not judge: 1 of 11 gates gave no answer, 10 gates passed
spec: no answer: package-missing: views cannot be compiled here: jinja_that_is_not_there is missing; an administrator runs `gitcorpus server doctor`, which names the command that installs them
  hint: this is not your fault; tell the administrators the verdict's number
verdict 000000000000\
""")
    tip = work.commit(
        {"README.md": "more\n", "specs/views/pairs.yaml": SPECS["specs/views/pairs.yaml"]}, author="lead"
    )
    assert Judged(work, push_of(tip, old=base, pusher="lead")).verdict.outcome is Outcome.ACCEPTED


def test_views_that_the_policy_has_already_are_not_compiled_again(forge, monkeypatch):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    base = work.head
    monkeypatch.setattr("gitcorpus.flows.compiled.missing", lambda: ("jinja_that_is_not_there",))
    tip = work.commit({"specs/release.yaml": RELEASE.replace("name: all", "name: every")}, author="lead")
    assert Judged(work, push_of(tip, old=base, pusher="lead")).verdict.outcome is Outcome.ACCEPTED
