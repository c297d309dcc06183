"""Whoever reads a release opens regular files within its folder, wherever a manifest or a link would lead."""

import json
import os
import shutil
import socket
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forge import Forge
from smallest import ADD, smallest

from gitcorpus.canon import canonical
from gitcorpus.cli.app import main
from gitcorpus.compiler.publish import file_digest, write_sums
from gitcorpus.inside import Inside, NotInsideError

LINES, OMISSIONS = "provenance/lines.parquet", "omissions.parquet"


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    work = smallest(Forge(tmp_path_factory.mktemp("inside")))
    work.commit({f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}, author="south")
    work.tag("v1", message="one")
    target = work.path.parent / "release"
    assert main(["release", "v1", "--repo", str(work.path), "-o", str(target), "--unverified"]) == 0
    return target


@pytest.fixture
def folder(published, tmp_path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "release"))


@pytest.fixture
def mine(tmp_path) -> Path:
    """A table of the reader's own, which no release may show."""
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"secret": ["mine"]}), path)
    return path


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_bytes())


def seal(folder: Path, manifest: dict) -> None:
    """Write the manifest and the sums as if they were right."""
    for entry in manifest["files"]:
        path = folder / entry["path"]
        if path.is_file():
            entry |= {"bytes": path.stat().st_size, "digest": f"sha256:{file_digest(path)}"}
    (folder / "manifest.json").write_bytes(canonical(manifest) + b"\n")
    (folder / "SHA256SUMS").unlink()
    regular = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    if len(regular) == sum(1 for path in folder.rglob("*") if not path.is_dir()):
        write_sums(folder)


READERS = (
    ["verify", "DIR"],
    ["trace", "DIR", "0000"],
    ["query", "DIR", "SELECT * FROM lines"],
    ["query", "DIR", "SELECT * FROM pairs"],
    ["query", "DIR", "SELECT * FROM omissions"],
    ["forget", "DIR", "--author", "south@corpus.example"],
    ["diff", "DIR", "DIR"],
    ["changelog", "DIR", "DIR"],
)


def read_all(folder: Path, capsys) -> str:
    """Run every reader, and return what they said; none may end in a traceback."""
    told = ""
    for command in READERS:
        code = main([str(folder) if word == "DIR" else word for word in command])
        said = capsys.readouterr()
        assert code in (0, 1, 2, 3), (command, said.err)
        told += said.out + said.err
    return told


OUTSIDE = (
    "../mine.parquet",
    "ABSOLUTE",
    "data/../../mine.parquet",
    "./omissions.parquet",
    "a\\b",
    "a\0b",
    "",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_that_leads_out_is_not_followed(folder, mine, capsys, path):
    manifest = manifest_of(folder)
    for view in manifest["views"]:
        for split in view["splits"]:
            for file in split["files"]:
                file["path"] = str(mine) if path == "ABSOLUTE" else path
    seal(folder, manifest)
    told = read_all(folder, capsys)
    assert "its path leads out of the folder, or is none" in told
    assert "mine" not in told.replace(str(mine), "").replace("mine.parquet", "")


@pytest.mark.parametrize("name", [LINES, OMISSIONS, "manifest.json", "SHA256SUMS", "provenance", "data"])
def test_a_link_is_not_followed(folder, capsys, name):
    """Neither to a file, nor to a folder on the way, whatever it leads to."""
    moved = folder.parent / "moved"
    (folder / name).rename(moved)
    (folder / name).symlink_to(moved)
    told = read_all(folder, capsys)
    assert "it stands behind a link" in told or "is a symlink" in told or "SHA256SUMS cannot be read" in told
    assert main(["verify", str(folder)]) in (1, 2)


@pytest.mark.parametrize("name", [LINES, OMISSIONS, "manifest.json", "SHA256SUMS", "README.md"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "folder"])
def test_what_is_no_regular_file_is_not_waited_for(folder, capsys, monkeypatch, name, kind):
    (folder / name).unlink()
    if kind == "pipe":
        os.mkfifo(folder / name)
    elif kind == "folder":
        (folder / name).mkdir()
    else:
        monkeypatch.chdir((folder / name).parent)
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(Path(name).name)
    read_all(folder, capsys)
    assert main(["verify", str(folder)]) in (1, 2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices")
def test_a_device_is_not_read(folder, capsys):
    for name in (LINES, "manifest.json"):
        (folder / name).unlink()
        os.mknod(folder / name, 0o020644, os.makedev(1, 5))  # zeros without end
        assert main(["verify", str(folder)]) in (1, 2)
        assert main(["query", str(folder), "SELECT * FROM lines"]) == 2
        assert "it is no regular file" in capsys.readouterr().err


def test_a_manifest_has_bounds(folder, capsys):
    whole = manifest_of(folder)
    for depth in (40, 900, 100_000):
        deep = "[" * depth + "]" * depth
        text = canonical(whole).decode()[:-1] + f',"zzz":{deep}}}\n'
        (folder / "manifest.json").write_text(text)
        for command in (["verify", str(folder)], ["changelog", str(folder)]):
            assert main(command) == 2
            assert "not-a-release" in capsys.readouterr().err
    with (folder / "manifest.json").open("wb") as file:
        file.truncate(1 << 30)
    assert main(["verify", str(folder)]) == 2
    assert "it has more than 67108864 bytes" in capsys.readouterr().err


def test_what_is_there_is_read_from_any_folder(folder, tmp_path, monkeypatch, capsys):
    """A link to the release itself is the reader's own word."""
    (tmp_path / "link").symlink_to(folder)
    assert main(["verify", str(tmp_path / "link")]) == 0
    monkeypatch.chdir(folder)
    assert main(["verify", "."]) == 0
    assert main(["query", ".", "SELECT count(*) AS n FROM lines", "--format", "csv"]) == 0
    assert int(capsys.readouterr().out.split()[-1].strip('"')) > 0


def test_each_step_is_opened_by_itself(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_bytes(b"here")
    (tmp_path / "a/link").symlink_to("b")
    assert Inside(tmp_path, "a/b/c").read(4) == b"here"
    with pytest.raises(NotInsideError, match="more than 3 bytes"):
        Inside(tmp_path, "a/b/c").read(3)
    for name in ("a/link/c", "a/link", "a/../a/b/c", "/etc/passwd", "a//b", "a/b", "a/b/c/d"):
        with pytest.raises(OSError):  # noqa: PT011 - some of them are not there, others are not inside
            Inside(tmp_path, name).read(4)
