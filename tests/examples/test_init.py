from datetime import date
from pathlib import Path

import pytest

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.init import Founder, init_corpus
from gitcorpus.flows.policy import load_policy
from gitcorpus.gates.candidates import build_candidate
from gitcorpus.gates.registry import GATES, built_in
from gitcorpus.gates.runner import run_gates, runs_programs
from gitcorpus.git.repo import Repo
from gitcorpus.git.user import configured_user
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import GateState
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.sources import DirectorySource

ADA = Founder(name="Ada", email="ada@corpus.example")
DAY = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("folder", "founder"),
    [
        ("acme", ADA),
        ("2026", Founder(name="", email="007@corpus.example")),
        ("A b/../C & d", Founder(name='O\'Neil: "x" #\n{email}', email="null@corpus.example")),
        ("...", Founder(name="{today}", email='"odd"@corpus.example')),
        ("unix", Founder(name="Ada", email="ada@corpus.example", account="l.ada")),
        ("same", Founder(name="Ada", email="ada@corpus.example", account="ada")),
        ("odd", Founder(name="Ada", email="ada@corpus.example", account='DOM\\a: "b" #')),
    ],
)
def test_what_it_writes_loads_without_findings(tmp_path, folder, founder):
    target = tmp_path / "in" / folder.split("/")[-1] if folder != "..." else tmp_path / "___"
    init_corpus(target, founder, today=DAY)
    loaded = load_specs(DirectorySource(target), commit=None)
    assert loaded.findings == ()
    person = loaded.spec.contributors.people[0]
    assert (person.id, person.emails) == (founder.person, (founder.email,))
    assert person.accounts == tuple(dict.fromkeys((founder.person, founder.account or founder.person)))
    assert person.terms[0].first_day == DAY


def test_says_every_path_that_it_wrote(tmp_path):
    written = init_corpus(tmp_path, ADA, today=DAY)
    found = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(written) == sorted(found)
    assert "agreements/contribution.md" in written


def test_every_modeline_leads_to_a_schema(tmp_path):
    init_corpus(tmp_path, ADA, today=DAY)
    for path in (tmp_path / "specs").rglob("*.yaml"):
        first = path.read_text().splitlines()[0]
        assert (path.parent / first.partition("$schema=")[2]).is_file()


def test_leaves_no_placeholder(tmp_path):
    written = init_corpus(tmp_path, ADA, today=DAY)
    for path in (path for path in written if not path.endswith(".json")):
        text = (tmp_path / path).read_text()
        words = ("{corpus}", "{name}", "{person}", "{email}", "{accounts}", "{today}")
        assert not [word for word in words if word in text]


def test_takes_a_repository_without_files(forge):
    work = forge.work()
    init_corpus(work.path, ADA, today=DAY)
    assert (work.path / "specs" / "corpus.yaml").is_file()


@pytest.mark.parametrize("name", ["README.md", "notes.txt", "specs"])
def test_refuses_a_folder_that_holds_something(tmp_path, name):
    (tmp_path / name).write_text("mine\n")
    with pytest.raises(GitcorpusError) as caught:
        init_corpus(tmp_path, ADA, today=DAY)
    assert (caught.value.code, caught.value.place) == ("folder-not-empty", str(tmp_path / name))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine\n")]


def test_refuses_a_path_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GitcorpusError) as caught:
        init_corpus(tmp_path / "file", ADA, today=DAY)
    assert caught.value.code == "folder-not-writable"


@pytest.mark.parametrize("email", ["", "ada", "ada @corpus.example", "a@b@c"])
def test_needs_an_address(tmp_path, email):
    with pytest.raises(GitcorpusError) as caught:
        init_corpus(tmp_path / "new", Founder(name="Ada", email=email), today=DAY)
    assert caught.value.code == "init-no-address"
    assert not (tmp_path / "new").exists()


def test_reads_the_user_of_a_repository(forge):
    work = forge.work()
    work.git("config", "user.name", "Ada")
    work.git("config", "user.email", "ada@corpus.example")
    assert configured_user(work.path) == ("Ada", "ada@corpus.example")


def test_a_folder_that_is_no_repository_has_a_user_too(tmp_path: Path):
    assert isinstance(configured_user(tmp_path / "nowhere").email, str)


def test_what_it_writes_passes_every_gate_that_reads_files(forge):
    work = forge.work()
    init_corpus(work.path, ADA, today=DAY)
    work.commit(author="Ada <ada@corpus.example>", date="2026-01-03T12:00:00+00:00")
    repo = Repo.open(work.git_dir)
    policy = load_policy(repo, Server())
    update = RefUpdate(ref="refs/tags/dataset/v1", old=ZERO_OID, new=work.head)
    candidate = build_candidate(
        update, repo=repo, server=Server(admins=("ada",)), spec=policy.spec, policy=None, pusher="ada"
    )
    reading = [built_in(name) for name in GATES if not runs_programs(built_in(name))]
    results = run_gates([candidate], reading, waivers=(), today=DAY)
    assert {each.gate for each in results} >= {"tidy", "style", "docs", "syntax", "size", "layout", "secrets"}
    failed = [each for each in results if each.state is not GateState.PASSED]
    assert [(each.gate, each.reason, each.findings) for each in failed] == []
