import json
from datetime import UTC, datetime

import pytest

from gitcorpus.cli.app import main
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind

ZERO, ONE = "0" * 40, "1" * 40
UPDATES = [{"ref": "refs/heads/main", "old": ZERO, "new": ONE}]
GATE = {
    "gate": "layout",
    "state": "failed",
    "reason": "",
    "findings": [{"code": "unknown-task", "path": "a\x1b[2J"}],
}
BODIES = (
    (EntryKind.INSTALLED, {"by": "root", "admins": ["lead"], "version": "0.1.0"}),
    (EntryKind.VERDICT, {"outcome": "refused", "pusher": "north", "updates": UPDATES, "gates": [GATE]}),
    (EntryKind.VERDICT, {"outcome": "accepted", "pusher": None, "updates": UPDATES, "gates": []}),
    (EntryKind.LANDED, {"updates": UPDATES}),
    (EntryKind.RELEASE, {"tag": "v1", "manifest_digest": "sha256:00"}),
)


@pytest.fixture
def bare(forge):
    path = forge.bare()
    for number, (kind, body) in enumerate(BODIES):
        Ledger.of(path).append(kind, body, now=datetime(2026, 1, 1, 0, 0, number, tzinfo=UTC))
    return path


def test_shows_the_newest_entries_oldest_first(bare, capsys):
    assert main(["ledger", "show", str(bare)]) == 0
    short = [entry.short for entry in Ledger.of(bare).entries()]
    assert capsys.readouterr().out == (
        f"    0  {short[0]}  2026-01-01T00:00:00Z  installed  0.1.0 by root, admins lead\n"
        f"    1  {short[1]}  2026-01-01T00:00:01Z  verdict    refused (layout)  north  refs/heads/main 0..11111111\n"
        f"    2  {short[2]}  2026-01-01T00:00:02Z  verdict    accepted  unknown pusher  refs/heads/main 0..11111111\n"
        f"    3  {short[3]}  2026-01-01T00:00:03Z  landed     refs/heads/main 0..11111111\n"
        f"    4  {short[4]}  2026-01-01T00:00:04Z  release    v1 sha256:00\n"
    )


def test_shows_as_many_as_are_asked_for(bare, capsys):
    assert main(["ledger", "show", str(bare), "--last", "2", "--format", "json"]) == 0
    assert [entry["kind"] for entry in json.loads(capsys.readouterr().out)] == ["landed", "release"]


def test_shows_one_entry_in_full_and_obeys_none_of_its_escapes(bare, capsys):
    entry = list(Ledger.of(bare).entries())[1]
    assert main(["ledger", "show", str(bare), entry.short]) == 0
    assert capsys.readouterr().out == (
        f"verdict 1 ({entry.short}) of 2026-01-01T00:00:01Z: refused\n"
        "pushed by north\n"
        "refs/heads/main 0..11111111\n"
        "layout: failed\n"
        "  a\\x1b[2J unknown-task: \n"
        f"digest {entry.digest}\n"
    )


def test_the_repository_is_the_current_folder_if_none_is_named(bare, capsys, monkeypatch):
    monkeypatch.chdir(bare)
    assert main(["ledger", "show", "3"]) == 0
    assert capsys.readouterr().out.startswith("number: 3\n")
    assert main(["ledger", "verify"]) == 0
    assert capsys.readouterr().out == "5 entries, 0 faults\n"


@pytest.mark.parametrize("wanted", ["99", "ffffffffffff", "xyz", "00"])
def test_an_entry_that_is_not_there(bare, capsys, wanted):
    assert main(["ledger", "show", str(bare), wanted]) == 2
    assert capsys.readouterr().err.startswith(f"no-such-entry: `{wanted}`: there is no such entry\n")


def test_a_ledger_that_is_not_there(forge, capsys):
    bare = forge.bare()
    assert main(["ledger", "verify", str(bare)]) == 2
    assert capsys.readouterr().err.startswith(f"{bare} no-ledger: there is no ledger here\n")


def test_every_fault_is_named_and_the_code_is_1(bare, capsys):
    file = bare / "gitcorpus/ledger/000000.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"refused"', b'"forgot!"')
    file.write_bytes(b"".join([*lines[:3], lines[4]]))
    assert main(["ledger", "verify", str(bare)]) == 1
    hint = "  hint: compare with a copy of the ledger; what is written cannot be mended\n"
    assert capsys.readouterr().out == (
        f"{file}:2 ledger-entry-edited: entry 1 is not what its digest was made of\n{hint}"
        f"{file}:4 ledger-chain-broken: entry 4 stands where entry 3 must\n{hint}"
        "4 entries, 2 faults\n"
    )
