import subprocess

import pytest
from forge import Symlink
from spec.printing import CORPUS, CURRICULUM

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.gates.sources import SnapshotSource
from gitcorpus.git.repo import Repo
from gitcorpus.model.format import FORMATS
from gitcorpus.spec import sources
from gitcorpus.spec.characters import MAX_BYTES
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.sources import DirectorySource, Unread, blob_oid, read_ready, ready_names


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "specs" / "deep").mkdir(parents=True)
    (tmp_path / "specs" / "corpus.yaml").write_text(CORPUS)
    (tmp_path / "specs" / "deep" / "curriculum.yml").write_text(CURRICULUM)
    (tmp_path / "specs" / "notes.txt").write_text("no spec\n")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.py").write_text("a = 1\n")
    return tmp_path


def test_a_folder_is_named_as_a_repository_is(folder):
    for path in (folder, folder / "specs"):
        source = DirectorySource(path)
        assert list(source.spec_files()) == ["specs/corpus.yaml", "specs/deep/curriculum.yml"]
        assert source.paths() == (
            "corpus/a.py",
            "specs/corpus.yaml",
            "specs/deep/curriculum.yml",
            "specs/notes.txt",
        )
        assert source.read("corpus/a.py") == b"a = 1\n"
        assert load_specs(source, commit=None).spec is not None


def test_a_specs_folder_may_have_another_name(folder):
    (folder / "specs").rename(folder / "mine")
    source = DirectorySource(folder / "mine")
    assert list(source.spec_files()) == ["specs/corpus.yaml", "specs/deep/curriculum.yml"]
    assert source.spec_file("specs/corpus.yaml").path == "specs:corpus.yaml"


def test_a_folder_may_speak_about_another_tree(folder, forge):
    work = forge.work()
    commit = work.commit({"corpus/basics/add/north/add.py": "x = 1\n", "specs/corpus.yaml": "theirs: 1\n"})
    tree = SnapshotSource(Repo.open(work.path).snapshot(commit))
    source = DirectorySource(folder, tree)
    assert source.spec_files()["specs/corpus.yaml"] == CORPUS.encode()
    assert source.paths() == ("corpus/basics/add/north/add.py", "specs/corpus.yaml")
    assert source.read("specs/corpus.yaml") == b"theirs: 1\n"
    assert source.size("corpus/basics/add/north/add.py") == 6
    assert source.size("corpus/a.py") is None


def test_a_commit_says_the_blob_and_itself(forge):
    work = forge.work()
    commit = work.commit(
        {
            "specs/corpus.yaml": CORPUS,
            "specs/link.yaml": Symlink("corpus.yaml"),
            "specs/big.yaml": "#" * (MAX_BYTES + 1),
        }
    )
    source = SnapshotSource(Repo.open(work.path).snapshot(commit))
    file = source.spec_file("specs/corpus.yaml")
    oid = subprocess.run(
        ["git", "rev-parse", f"{commit}:specs/corpus.yaml"],
        cwd=work.path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (file.path, file.blob, file.commit) == ("specs/corpus.yaml", oid.stdout.strip(), commit)
    assert blob_oid(CORPUS.encode()) == file.blob
    files = source.spec_files()
    assert files["specs/corpus.yaml"] == CORPUS.encode()
    assert isinstance(files["specs/link.yaml"], Unread)
    assert files["specs/big.yaml"].code == "spec-too-large"
    codes = [finding.code for finding in load_specs(source, commit=commit).findings]
    assert codes == ["spec-too-large", "not-a-file"]


def test_nothing_outside_of_the_folder_is_there(folder):
    (folder / "away").symlink_to("/etc")
    source = DirectorySource(folder)
    assert [
        source.size(path) for path in ("/etc/passwd", "../../etc/passwd", "away/passwd", "corpus", "none")
    ] == [None] * 5


def test_says_when_there_is_no_folder_or_too_much_in_it(folder, monkeypatch):
    with pytest.raises(GitcorpusError, match="there is no folder"):
        DirectorySource(folder / "nope")
    monkeypatch.setattr(sources, "_MOST_PATHS", 2)
    with pytest.raises(UnjudgedError, match="more than 2 files"):
        DirectorySource(folder).paths()


@pytest.mark.parametrize("kind", ["gates", "views"])
def test_ready_specs_are_sound_and_named_after_their_files(kind):
    for name in ready_names(kind):
        file, data = read_ready(kind, name)
        assert file.path == f"gitcorpus:specs/{kind}/{name.removeprefix('gitcorpus:')}.yaml"
        assert file.blob == blob_oid(data)
    assert {"gitcorpus:recommended"} <= set(ready_names("gates"))
    assert set(ready_names("views")) == {
        f"gitcorpus:{n}" for n in (*FORMATS, "comments", "commit_messages", "ranking_pairs", "refused")
    }


def test_every_ready_spec_loads(load):
    gates = "apiVersion: gitcorpus/v1\nkind: Gates\nextends: [" + ", ".join(ready_names("gates")) + "]\n"
    views = ", ".join(f'"{name}"' for name in ready_names("views"))
    release = f'apiVersion: gitcorpus/v1\nkind: Release\ntags: "*"\nviews: [{views}]\nlicense: MIT\n'
    loaded = load(gates=gates, release=release)
    assert loaded.findings == ()
    assert {f"gitcorpus:{view.name}" for view in loaded.spec.views} == set(ready_names("views"))
