"""What a release takes over from an earlier one: never anything else than it would make itself."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from flows.test_views import FIRST, RANKS, SECOND, TESTS, shipping
from forge import Forge, Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smallest import ADD, CONTRIBUTORS, CORPUS, CURRICULUM, RELEASE, SPECS

from gitcorpus.cache import Cache
from gitcorpus.catalog.tables import SCHEMAS
from gitcorpus.cli.app import main
from gitcorpus.compiler.workshop import Workshop
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release
from gitcorpus.model.release import ReleaseRequest

TODAY = date(2026, 3, 1)
VIEWS = (
    "comments", "commit_messages", "curriculum", "doc_pair", "fim", "lm_text", "preference", "pretrain", "ranking",
    "ranking_pairs", "rewrite_pair", "rl_prompt", "sft_messages", "stepwise", "test_gen", "trajectory", "unpaired",
)  # fmt: skip
MINE = """\
apiVersion: gitcorpus/v1
kind: View
name: mine
format: lm_text
from: files
where: role IN ('source', 'test')
record: {text: "{{ file.path }} {{ task.title }} {{ solution.n_commits }} {{ unit.title }}\\n{{ file.text }}"}
columns: [difficulty, techniques]
split: {by: task, train: 0.5, test: 0.5}
"""
RELEASED = shipping(*VIEWS)["specs/release.yaml"].replace("views:\n", "views:\n  - mine\n")
NEIGHBOUR = "corpus/basics/subtract/south"
CHANGES: dict[str, dict[str, str | None]] = {
    "another text": {f"{ADD}/add.py": SECOND + "# more\n"},
    "the text of the first commit": {f"{ADD}/add.py": FIRST},
    "a new solution": {f"{NEIGHBOUR}/subtract.py": "def subtract():\n    pass\n", f"{NEIGHBOUR}/TASK.md": "Go\n"},
    "a prompt": {f"{NEIGHBOUR}/TASK.md": "Subtract, please.\n"},
    "a file less": {f"{ADD}/test_add.py": None},
    "a curriculum that moved down": {"specs/curriculum.yaml": f"# a comment\n{CURRICULUM}"},
    "another title": {"specs/curriculum.yaml": CURRICULUM.replace("Add two numbers", "Add two of them")},
    "another unit's title": {"specs/curriculum.yaml": CURRICULUM.replace("title: Basics", "title: Bases")},
    "another prompt": {"specs/curriculum.yaml": CURRICULUM.replace("two numbers.", "numbers.")},
    "another difficulty": {"specs/curriculum.yaml": CURRICULUM.replace("difficulty: 1", "difficulty: 7")},
    "somebody is nobody": {"specs/contributors.yaml": CONTRIBUTORS.replace("south@", "elsewhere@")},
    "other roles": {"specs/corpus.yaml": CORPUS.replace('"**/test_*.py"', '"**/nothing_*.py"')},
    "another licence": {"specs/release.yaml": RELEASED.replace("LicenseRef-Test", "MIT")},
    "smaller files": {"specs/release.yaml": RELEASED + "max_file_bytes: 100\n"},
    "attributes": {".gitattributes": "*.py linguist-generated\n"},
    "another view": {"specs/views/mine.yaml": MINE.replace("{{ file.path }}", "#{{ file.path }}")},
    "a view that moved down": {"specs/views/mine.yaml": f"# a comment\n{MINE}"},
    "other ranks": {f"{ADD}/RANKS.yaml": RANKS.replace("short: 1, long: 2", "short: 2, long: 1")},
}  # fmt: skip


def silent(*_) -> None:
    """Show no progress."""


def compiled(work: Work, tag: str, name: str, today: date | None, jobs: int = 1) -> Path | str:
    target = work.path.parent / f"{tag}-{name}"
    asked = ReleaseRequest(
        repository=work.path,
        tag=tag,
        folder=target.parent,
        target=target,
        unverified=True,
        today=today,
        jobs=jobs,
    )
    try:
        return compile_release(asked, progress=silent).path
    except GitcorpusError as error:
        return f"{error.code} {error}"


def same(work: Work, tag: str, jobs: int = 1) -> bool:
    """Tell whether a release that takes something over has the bytes of one that does not, or fails as it does."""
    kept, fresh = compiled(work, tag, "kept", TODAY, jobs), compiled(work, tag, "fresh", None)
    if isinstance(kept, str) or isinstance(fresh, str):
        return kept == fresh
    return (kept / "SHA256SUMS").read_bytes() == (fresh / "SHA256SUMS").read_bytes()


def begun(forge: Forge) -> Work:
    work = forge.work()
    specs = {**SPECS, "specs/release.yaml": RELEASED, "specs/views/mine.yaml": MINE}
    work.commit(specs, "specs", author="lead")
    bad = "Add, badly\n\nIt subtracts.\n\nStep: bad\nCWE: CWE-682"
    work.commit(
        {f"{ADD}/add.py": FIRST, f"{ADD}/test_add.py": TESTS, f"{ADD}/RANKS.yaml": RANKS}, bad, author="south"
    )
    work.commit({f"{ADD}/add.py": SECOND}, "As it should be\n\nStep: good")
    work.tag("v1")
    first = compiled(work, "v1", "first", TODAY)
    assert not isinstance(first, str), first
    return work


@pytest.fixture
def work(forge: Forge) -> Work:
    return begun(forge)


@given(
    changes=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3, unique=True),
    jobs=st.integers(1, 2),
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_changes_between_two_releases_the_second_is_as_if_it_were_the_first(
    tmp_path_factory, changes, jobs
):
    work = begun(Forge(tmp_path_factory.mktemp("kept")))
    assert same(work, "v1", jobs)
    for number, name in enumerate(changes, start=2):
        work.commit(
            {**CHANGES[name], "README.md": f"{number}\n"}, name, author="north" if number % 2 else "south"
        )
        work.tag(f"v{number}")
        assert same(work, f"v{number}", jobs)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_change_is_seen(work, name):
    assert same(work, "v1")
    work.commit(CHANGES[name], name, author="north")
    work.tag("v2")
    assert same(work, "v2")


def test_a_tag_that_labels_a_step_later_is_seen(work):
    assert same(work, "v1")
    work.git("tag", "step/add/insecure", "v1~1")
    work.commit({f"{ADD}/README.md": "Adds.\n"}, "readme\n\nStep: described")
    work.tag("v2")
    assert same(work, "v2")


def test_lines_that_a_merge_takes_from_elsewhere_are_seen(work):
    assert same(work, "v1")
    work.git("checkout", "--quiet", "-b", "side", "v1~2")
    work.commit(
        {f"{ADD}/add.py": SECOND, f"{ADD}/test_add.py": TESTS}, "the same, by somebody else", author="east"
    )
    work.git("merge", "--quiet", "-s", "ours", "--no-edit", "v1")
    work.tag("v2")
    assert same(work, "v2")


def test_only_what_is_new_is_made(work, monkeypatch):
    made: list[int] = []
    plain = Workshop.work

    def counted(self, batches, *more):
        made.append(sum(len(batch.keys) for batch in batches))
        return plain(self, batches, *more)

    monkeypatch.setattr(Workshop, "work", counted)
    monkeypatch.setattr("gitcorpus.compiler.workshop._CUT", 1)
    view = MINE.replace("{{ solution.n_commits }} ", "")
    files = {f"corpus/basics/add/s{number}/add.py": f"x = {number}\n" for number in range(40)}
    release = f"{RELEASE.split('views:')[0]}views: [mine]\nlicense: LicenseRef-Test\n"
    work.commit({**files, "specs/views/mine.yaml": view, "specs/release.yaml": release}, "more")
    work.tag("v2")
    work.commit({"corpus/basics/add/s7/add.py": "x = 7\ny = 8\n", "README.md": "Nothing else.\n"}, "one")
    work.tag("v3")
    for tag in ("v2", "v3"):
        assert not isinstance(compiled(work, tag, "kept", TODAY), str)
    compiled(work, "v3", "again", TODAY)
    assert made == [42, 1, 0]


def test_what_was_kept_may_be_lost_or_broken_at_any_time(work, monkeypatch):
    assert same(work, "v1")
    path = Cache.of_releases(work.path / ".git").path
    path.write_bytes(b"no database")
    work.commit({f"{ADD}/README.md": "Adds.\n"}, "more")
    work.tag("v2")
    assert same(work, "v2")
    plain = Cache.holds

    def gone(self, names):
        found = plain(self, names)
        self.clear()
        return found

    monkeypatch.setattr(Cache, "holds", gone)
    work.tag("v3")
    assert same(work, "v3")


@pytest.mark.parametrize(
    "layout", ["corpus/{unit}/{task}/by-{solution}", "corpus/{unit}/{task}/code/{solution}"]
)
def test_a_folder_leans_on_its_task_whatever_stands_behind_it(work, layout):
    roots = {"by-{solution}": "by-north", "code/{solution}": "code/north"}
    root = f"corpus/basics/add/{roots[layout.partition('{task}/')[2]]}"
    specs = {"specs/corpus.yaml": CORPUS.replace("corpus/{unit}/{task}/{solution}", layout)}
    release = f"{RELEASE.split('views:')[0]}views: [mine]\nlicense: LicenseRef-Test\n"
    old = dict.fromkeys((f"{ADD}/add.py", f"{ADD}/test_add.py", f"{ADD}/RANKS.yaml"))
    work.commit(
        {
            **old,
            **specs,
            "specs/release.yaml": release,
            f"{root}/add.py": "x = 1\n",
            f"{root}/a.go": "package a\n",
        }
    )
    work.tag("v2")
    assert same(work, "v2")
    more = CURRICULUM.replace("languages: [python]", "languages: [python, go]")
    work.commit({"specs/curriculum.yaml": more}, "another language")
    work.tag("v3")
    assert same(work, "v3")
    work.commit({"specs/curriculum.yaml": more.replace("id: add", "id: other")}, "another task")
    work.tag("v4")
    assert same(work, "v4")


def test_a_value_that_was_damaged_is_found_out_anew(work):
    assert same(work, "v1")
    path = Cache.of_releases(work.path / ".git").path
    with closing(sqlite3.connect(path)) as connection, connection:
        topics = {topic for (topic,) in connection.execute("SELECT DISTINCT topic FROM results")}
        connection.execute("UPDATE results SET value = substr(value, 1, length(value) - 3)")
    assert topics == {"folders", "sheets", "texts"}
    work.tag("v2")
    assert same(work, "v2")
    work.tag("v3")
    assert same(work, "v3")


def test_history_is_read_for_a_query_that_calls_its_columns_something_else(work):
    names = ", ".join(f"c{number}" for number in range(len(SCHEMAS["solutions"])))
    at = SCHEMAS["solutions"].get_field_index("n_commits")
    where = f"EXISTS (SELECT 1 FROM solutions AS t({names}) WHERE c{at} >= 1)"
    view = MINE.replace("where: role IN ('source', 'test')", f"where: {where}").replace(
        "{{ solution.n_commits }} ", ""
    )
    release = f"{RELEASE.split('views:')[0]}views: [mine]\nlicense: LicenseRef-Test\n"
    work.commit({"specs/views/mine.yaml": view, "specs/release.yaml": release}, "alias")
    work.tag("v2")
    folder = compiled(work, "v2", "alias", None)
    assert not isinstance(folder, str), folder


def test_a_dry_run_writes_nothing(work):
    kept = Cache.of_releases(work.path / ".git").path
    kept.unlink()
    assert main(["release", "v1", "--repo", str(work.path), "--unverified", "--dry-run"]) == 0
    assert not kept.exists()
