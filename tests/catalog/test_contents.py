"""What the tree and its history become in the catalog, through a release that shows it."""

import pytest
from forge import Forge, Work
from smallest import ADD, RELEASE, smallest

from gitcorpus.catalog.contents import Tree, read_contents
from gitcorpus.catalog.derived import Derived
from gitcorpus.catalog.measures import Measures
from gitcorpus.catalog.past import Past, read_pasts
from gitcorpus.catalog.rows import build_catalog
from gitcorpus.catalog.texts import Texts
from gitcorpus.flows.job import Job, open_job
from gitcorpus.git.changes import landed_changes
from gitcorpus.model.release import ReleaseRequest

OTHER = "corpus/basics/subtract/south"


def silent(*_) -> None:
    """Show no progress."""


def job_of(work: Work, tag: str) -> Job:
    return open_job(ReleaseRequest(repository=work.path, tag=tag, folder=work.path, unverified=True))


def contents_of(job: Job):
    texts = Texts(job.repo, job.release.max_file_bytes)
    measures = Measures(texts, None, None)
    tree = Tree(job.repo, job.snapshot, job.marks, lambda: job.listing)
    return read_contents(tree, measures, None, spec=job.spec, release=job.release)


def pasts_of(job: Job) -> dict[str, Past]:
    roots = {solution.root for solution in contents_of(job).solutions}
    history = landed_changes(job.repo, job.commits)
    return read_pasts(history, len(job.commits), roots, progress=silent)


def catalog_of(job: Job, contents):
    texts = Texts(job.repo, job.release.max_file_bytes)
    nothing = Derived(languages={}, role_of=lambda _: None, texts=texts)
    return build_catalog(
        contents, spec=job.spec, commits=job.commits, pasts=pasts_of(job), verdicts=(), derived=nothing
    )


@pytest.fixture
def work(forge: Forge) -> Work:
    work = smallest(forge)
    work.commit({f"{ADD}/add.py": "a = 1\n", f"{OTHER}/s.go": "package s\n"}, author="south")
    return work


def test_the_past_of_a_solution_is_who_changed_its_folder(work):
    first = work.head
    work.commit({f"{ADD}/add.py": "a = 2\n"}, author="north")
    second = work.head
    work.commit({"README.md": "Nothing of a solution.\n"}, author="lead")
    work.git("-c", "user.name=Stranger", "commit", "--quiet", "--allow-empty", "-m", "empty")
    work.tag("v1")
    job = job_of(work, "v1")
    pasts = pasts_of(job)
    told = {
        root: (past.authors(job.spec.contributors), past.n_commits, past.first, past.last)
        for root, past in pasts.items()
    }
    assert told == {ADD: (("north", "south"), 2, first, second), OTHER: (("south",), 1, first, first)}


def test_a_merge_counts_only_for_what_it_has_from_no_parent(work):
    base = work.head
    work.branch("side", base)
    work.commit({f"{OTHER}/s.go": "package s // side\n"}, author="east")
    side = work.head
    work.checkout("main")
    work.commit({f"{ADD}/add.py": "a = 2\n"}, author="north")
    work.merge("side")
    work.tag("v1")
    job = job_of(work, "v1")
    pasts = pasts_of(job)
    assert (pasts[OTHER].n_commits, pasts[OTHER].last) == (2, side)
    assert pasts[OTHER].authors(job.spec.contributors) == ("east", "south")


def test_the_tables_hold_what_the_tree_and_its_history_say(work):
    work.commit({f"{ADD}/data/more.csv": "1\n", f"{ADD}/test_add.py": "import add\n"}, author="north")
    work.tag("v1")
    job = job_of(work, "v1")
    contents = contents_of(job)
    catalog = catalog_of(job, contents)
    (add, subtract) = catalog.rows("solutions")
    assert {name: add[name] for name in ("task", "language", "languages", "n_files", "n_tests", "n_fixtures")} == {
        "task": "add", "language": "python", "languages": ["python"], "n_files": 3, "n_tests": 1, "n_fixtures": 1,
    }  # fmt: skip
    assert (add["authors"], add["n_commits"], add["has_prompt"]) == (["north", "south"], 2, True)
    assert (subtract["language"], subtract["has_prompt"]) == ("go", False)
    assert [row["path"] for row in catalog.rows("files")] == sorted(file.path for file in contents.files)
    assert [row["has_prompt"] for row in catalog.rows("tasks")] == [True, False]


def test_two_languages_of_equal_weight_go_by_name(work):
    work.commit({f"{OTHER}/s.go": "x=1\n", f"{OTHER}/s.py": "x=1\n"})
    work.tag("v1")
    job = job_of(work, "v1")
    catalog = catalog_of(job, contents_of(job))
    row = next(row for row in catalog.rows("solutions") if row["root"] == OTHER)
    assert (row["language"], row["languages"]) == ("go", ["go", "python"])


def test_what_lies_outside_the_selected_paths_is_left_out_and_said(work):
    work.commit({"specs/release.yaml": RELEASE + "select: {paths: [corpus/basics/add]}\n"})
    work.tag("v1")
    contents = contents_of(job_of(work, "v1"))
    assert [solution.root for solution in contents.solutions] == [ADD]
    assert [(left.key, left.reason.value) for left in contents.omissions] == [(f"{OTHER}/s.go", "outside")]
