"""Every ready view over one small history: exact columns, exact texts, and every line traced to its commit."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forge import Forge, Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smallest import ADD, RELEASE, SPECS
from traced import all_texts, traced_runs

from gitcorpus.compiler.sealed import split_lines
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release
from gitcorpus.flows.verify import verify_release
from gitcorpus.model.format import FAMILIES, FORMATS
from gitcorpus.model.release import ReleaseRequest
from gitcorpus.shipped import shipped_path

VIEWS = sorted(path.stem for path in shipped_path("specs", "views").glob("*.yaml"))
NEEDS_SANDBOX, NEEDS_SERVER = {"swe_task"}, {"refused"}
TESTS = "from add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"
FIRST = (
    '# adds\ndef add(a, b):\n    """Return the sum.\n\n    Of a and b.\n    """\n    return a - b  # wrong\n'
)
SECOND = FIRST.replace("a - b  # wrong", "a + b")
RANKS = """\
apiVersion: gitcorpus/v1
kind: Annotation
candidates:
  - {id: short, text: "a + b"}
  - {id: long, path: add.py}
  - id: third
    text: |
      sum((a, b))
      # done
judgements:
  - {annotator: north, rubric: clarity, ranks: {short: 1, long: 2, third: 3}}
  - {annotator: south, rubric: clarity, ranks: {short: 1, long: 2, third: 3}}
  - {annotator: east, rubric: clarity, ranks: {short: 2, long: 1, third: 2}}
"""


def silent(*_) -> None:
    """Show no progress."""


def shipping(*views: str) -> dict[str, str]:
    listed = "".join(f'  - "gitcorpus:{name}"\n' for name in views)
    return {"specs/release.yaml": f"{RELEASE.split('views:')[0]}views:\n{listed}license: LicenseRef-Test\n"}


def stepwise(forge: Forge, *views: str) -> Work:
    work = forge.work()
    work.commit({**SPECS, **shipping(*views)}, "specs", author="lead")
    bad = "Add, badly\n\nIt subtracts.\n\nStep: bad\nCWE: CWE-682"
    work.commit({f"{ADD}/add.py": FIRST, f"{ADD}/test_add.py": TESTS}, bad, author="south")
    work.commit({f"{ADD}/add.py": SECOND}, "Add as it should be\n\nStep: good")
    work.commit({f"{ADD}/RANKS.yaml": RANKS}, "ranks", author="east")
    work.tag("v1", message="one")
    return work


def compiled(work: Work, name: str = "release"):
    target = work.path.parent / name
    asked = ReleaseRequest(
        repository=work.path, tag="v1", folder=target.parent, target=target, unverified=True
    )
    return compile_release(asked, progress=silent).path


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Work:
    wanted = [name for name in VIEWS if name not in NEEDS_SANDBOX | NEEDS_SERVER]
    return stepwise(Forge(tmp_path_factory.mktemp("views")), *wanted)


@pytest.fixture(scope="module")
def folder(work):
    return compiled(work)


def rows(folder, view: str) -> list[dict]:
    return pq.read_table(folder / "data" / view).to_pylist()


def runs(folder, record: dict, field: str) -> list[dict]:
    table = traced_runs(folder)
    return [run for run in table if run["record_id"] == record["record_id"] and run["field"] == field]


def test_every_line_of_every_view_is_traced_and_git_agrees(work, folder):
    checks = verify_release(folder, repository=work.path, specs=None, progress=silent).checks
    assert {check.name: check.faults for check in checks if check.state.value == "failed"} == {}
    assert {check.name for check in checks if check.state.value == "skipped"} == {"signature", "verdict"}


@pytest.mark.parametrize("view", [name for name in VIEWS if name not in NEEDS_SANDBOX | NEEDS_SERVER])
def test_a_view_has_the_columns_of_its_format(folder, view):
    manifest = json.loads((folder / "manifest.json").read_bytes())
    known = FORMATS[next(each["format"] for each in manifest["views"] if each["name"] == view)]
    schema = pq.read_schema(next((folder / "data" / view).glob("*.parquet")))
    wanted = ["record_id", *known.declared, *known.optional, *known.filled]
    assert schema.names[: len(wanted)] == wanted
    assert not any(pa.types.is_null(kind) for kind in schema.types)


def test_a_trajectory_writes_its_files_by_calls_of_tools(folder):
    (row,) = rows(folder, "trajectory")
    asked, first, *_ = row["messages"]
    assert asked["content"] == "Write a function\nthat adds two numbers.\n"
    assert first["content"] == "Add, badly\n\nIt subtracts.\n"
    assert [call["function"] for call in first["tool_calls"]] == [
        {"name": "write_file", "arguments": {"path": "add.py", "content": FIRST}},
        {"name": "write_file", "arguments": {"path": "test_add.py", "content": TESTS}},
    ]
    assert [message["role"] for message in row["messages"]] == [
        "user", "assistant", "tool", "tool", "assistant", "tool",
    ]  # fmt: skip
    tools = json.loads(row["tools"])
    assert [tool["function"]["name"] for tool in tools] == ["write_file", "delete_file"]
    (said,) = runs(folder, row, "/messages/1/content")
    assert (said["src_path"], said["n_lines"], said["transform"]) == ("commit:message", 3, "verbatim")


def test_both_sides_of_a_pair_come_from_their_own_commits(work, folder):
    (row,) = rows(folder, "rewrite_pair")
    assert (row["before"], row["after"]) == (FIRST, SECOND)
    assert (row["kind"], row["cwe"], row["lang"]) == ("refactor", ["CWE-682"], "python")
    (before,) = runs(folder, row, "/before")
    assert before["revision"] == work.oid("HEAD~2")
    after = runs(folder, row, "/after")
    assert {run["revision"] for run in after} == {work.oid("HEAD~1")}
    assert [run["n_lines"] for run in after] == [6, 1]
    (preferred,) = rows(folder, "preference")
    assert (preferred["chosen"][0]["content"], preferred["rejected"][0]["content"]) == (SECOND, FIRST)


def test_steps_are_labelled_by_what_they_are_called(folder):
    (row,) = rows(folder, "stepwise")
    assert (row["completions"], row["labels"]) == ([FIRST, SECOND], [False, True])
    assert [each["label"] for each in rows(folder, "unpaired")] == [False, True]


def test_rankings_are_kept_whole_and_also_come_in_pairs(folder):
    first, second = rows(folder, "ranking")
    assert first["responses"] == ["a + b", SECOND, "sum((a, b))\n# done\n"]
    assert (first["ranks"], first["judges"]) == ([1, 2, 3], ["north", "south"])
    assert (second["ranks"], second["judges"]) == ([2, 1, 2], ["east"])
    pairs = {
        (row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in rows(folder, "ranking_pairs")
    }
    assert pairs == {("a + b", SECOND), ("a + b", "sum((a, b))\n# done\n"), (SECOND, "sum((a, b))\n# done\n")}
    agreement = json.loads((folder / "manifest.json").read_bytes())["agreement"]
    assert (agreement["units"], agreement["compared"], agreement["annotators"]) == (3, 3, 3)
    assert agreement["alpha"] == agreement["rubrics"][0]["alpha"]


def test_a_commit_is_an_instruction(work, folder):
    (row,) = rows(folder, "commit_instruct")
    assert (row["commit"], row["old_file"], row["new_file"]) == (
        work.oid("HEAD~1"), f"{ADD}/add.py", f"{ADD}/add.py",
    )  # fmt: skip
    assert (row["subject"], row["message"]) == ("Add as it should be", "Add as it should be\n")
    assert (row["old_contents"], row["new_contents"]) == (FIRST, SECOND)


def test_code_stands_apart_from_what_is_said_of_it(folder):
    (row,) = rows(folder, "doc_pair")
    assert row["code"] == "def add(a, b):\n    return a + b\n"
    assert row["docstring"] == "Return the sum.\n\nOf a and b.\n"
    (commented,) = rows(folder, "comments")
    assert "# adds" not in commented["prompt"]
    assert commented["completion"] == SECOND


def test_a_gap_is_cut_at_lines_and_written_as_families_of_models_do(folder):
    for row in rows(folder, "fim"):
        assert row["prefix"] + row["middle"] + row["suffix"] == SECOND
        for family in ("starcoder", "qwen", "codellama", "deepseek"):
            parts = [row.get(part, part) for part in FAMILIES[family]]
            assert row[f"text_{family}"] == "".join(parts)


def test_json_lines_are_the_rows_without_their_ids(folder):
    lines = [json.loads(line) for line in (folder / "jsonl/openai/train.jsonl").read_text().splitlines()]
    assert lines == [{"messages": row["messages"]} for row in rows(folder, "openai")]


def test_a_course_is_an_index_of_the_other_views(folder):
    course = rows(folder, "curriculum")
    assert [row["order"] for row in course] == list(range(len(course)))
    known = {
        (row["view"], row["record_id"])
        for row in pq.read_table(folder / "provenance/records.parquet").to_pylist()
    }
    assert {(row["view"], row["record_id"]) for row in course} == known


def test_no_author_is_in_a_record(folder):
    texts = all_texts(folder)
    assert len(texts) > 50
    assert not [text for text in texts if "corpus.example" in text]


def test_a_task_in_two_splits_is_refused(forge):
    view = "apiVersion: gitcorpus/v1\nkind: View\nname: apart\nformat: lm_text\nfrom: files\n"
    view += 'record: {text: "{{ file.text }}"}\n'
    work = stepwise(forge, "lm_text")
    files = {f"{ADD}/part{number}.py": f"x = {number}\n" for number in range(8)}
    split = "split: {by: path, train: 0.5, test: 0.5}\n"
    release = RELEASE.split("views:")[0] + "views: [apart]\nlicense: LicenseRef-Test\n"
    work.commit({**files, "specs/views/apart.yaml": view + split, "specs/release.yaml": release})
    work.git("tag", "--force", "v1")
    with pytest.raises(GitcorpusError) as caught:
        compiled(work)
    assert caught.value.code == "task-in-two-splits"
    assert not (work.path.parent / "release").exists()


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (
            "{prompt: x, completions: [{each: steps, as: s, give: ['{{ s.nope }}']}], labels: [true]}",
            "name-unknown",
        ),
        (
            "{prompt: x, completions: [x], labels: [{each: steps, as: s, give: [{value: s.label}]}]}",
            "value-misfit",
        ),
        ("{prompt: x, completions: [x], labels: [{each: task.id, as: s, give: [true]}]}", "value-misfit"),
        ("{prompt: x, completions: [x], labels: [{value: task.prompt}]}", "traced-text-touched"),
        ("{prompt: x, completions: [x], labels: [{value: step.good}]}", "name-unknown"),
    ],
)
def test_a_record_that_asks_for_what_is_not_there_says_so_at_its_place(forge, record, code):
    head = "apiVersion: gitcorpus/v1\nkind: View\nname: mine\nformat: stepwise\nfrom: trajectories\n"
    work = stepwise(forge, "stepwise")
    release = RELEASE.split("views:")[0] + "views: [mine]\nlicense: LicenseRef-Test\n"
    work.commit({"specs/views/mine.yaml": f"{head}record: {record}\n", "specs/release.yaml": release})
    work.git("tag", "--force", "v1")
    with pytest.raises(GitcorpusError) as caught:
        compiled(work)
    assert (caught.value.code, str(caught.value.place).split(":")[:2]) == (
        code,
        ["specs/views/mine.yaml", "6"],
    )


def test_a_broken_annotation_is_named_where_it_leaves_nothing_to_rank(forge):
    work = stepwise(forge, "ranking")
    work.commit({f"{ADD}/RANKS.yaml": RANKS.replace("{short: 1", "{shrt: 1")}, "ranks")
    work.git("tag", "--force", "v1")
    with pytest.raises(GitcorpusError) as caught:
        compiled(work)
    assert caught.value.code == "empty-selection"
    assert "annotations that cannot be read: 1" in caught.value.hint
    assert f"{ADD}/RANKS.yaml:" in caught.value.hint


LINES = st.lists(
    st.sampled_from(
        [
            "",
            "x = 1",
            "def f():",
            "    return 1",
            "# word",
            "    # word",
            '    """Say."""',
            "é\r",
            "```",
            "\t",
            "\u2028",
        ]
    ),
    max_size=12,
)
ENDS = st.sampled_from(["", "\n", "\n\n"])
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, ENDS)
FILTERED = """\
apiVersion: gitcorpus/v1
kind: View
name: filtered
format: sft_messages
from: solutions
record:
  messages:
    - role: user
      content: |
        {{ task.title }}: {{ task.prompt | without_final_newline }}!
        {% for file in files %}{{ file.inner }} has {{ file.text | lines(2, 5) }}{% endfor %}
    - {role: assistant, content: "{{ sources | join_files('# {path}') | fence('python') }}{{ docs | join_files }} end"}
  tests: "-{{ tests | join_files('== {path}') }}"
"""


@given(prompt=TEXTS, old=TEXTS, new=TEXTS, doc=TEXTS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_pushed_every_line_of_every_view_is_covered_once(tmp_path_factory, prompt, old, new, doc):
    views = [name for name in VIEWS if name not in NEEDS_SANDBOX | NEEDS_SERVER]
    work = stepwise(Forge(tmp_path_factory.mktemp("law")), *views)
    release = shipping(*views)["specs/release.yaml"].replace("views:\n", "views:\n  - filtered\n")
    work.commit({"specs/views/filtered.yaml": FILTERED, "specs/release.yaml": release}, "view", author="lead")
    root = "corpus/basics/subtract/south"
    files = {
        f"{root}/TASK.md": prompt,
        f"{root}/test_it.py": new,
        f"{root}/MORE.md": doc,
        f"{root}/a.py": "a = 1\n",
    }
    work.commit({**files, f"{root}/b.py": f"b = 0\n{old}"}, "one\n\nStep: untested", author="south")
    work.commit({f"{root}/b.py": f"b = 1\n{new}", f"{root}/a.py": None}, f"two\n\n{prompt}x\n\nStep: tested")
    work.git("tag", "--force", "v1")
    folder = compiled(work)
    checks = verify_release(folder, repository=work.path, specs=None, progress=silent).checks
    assert {check.name: check.faults for check in checks if check.state.value == "failed"} == {}
    covered = pq.read_table(folder / "provenance/lines.parquet", columns=["n_lines"])["n_lines"].to_pylist()
    assert sum(covered) == sum(len(split_lines(text)) for text in all_texts(folder))
