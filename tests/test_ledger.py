import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gitcorpus.canon import canonical, digest_value
from gitcorpus.errors import UnjudgedError
from gitcorpus.ledger import Ledger
from gitcorpus.ledger.chain import FIRST
from gitcorpus.ledger.segments import SEGMENT
from gitcorpus.model.entry import EntryKind
from gitcorpus.model.finding import Severity

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path):
    return Ledger.of(tmp_path)


def fill(ledger, count):
    return [ledger.append(EntryKind.LANDED, {"n": n}, now=NOON) for n in range(count)]


def faults(ledger):
    count, findings = ledger.verify()
    return count, [(str(finding.place).rpartition("/")[2], finding.code) for finding in findings]


def edit(ledger, change, segment="000000.jsonl"):
    path = ledger.folder / segment
    lines = path.read_bytes().splitlines(keepends=True)
    change(lines)
    path.write_bytes(b"".join(lines))


def test_an_empty_ledger_is_whole(ledger):
    assert (ledger.exists, list(ledger.entries()), ledger.verify()) == (False, [], (0, ()))
    assert not ledger.folder.exists()


def test_entries_follow_each_other(ledger):
    one = ledger.append(EntryKind.VERDICT, {"outcome": "accepted", "tips": ["a"]}, now=NOON)
    eastern = NOON.astimezone(timezone(timedelta(hours=3)))
    other = ledger.append(EntryKind.LANDED, {}, now=eastern)
    assert (one.number, one.previous, one.appended_at) == (0, FIRST, "2026-11-01T12:00:00Z")
    assert (other.number, other.previous, other.appended_at) == (1, one.digest, one.appended_at)
    assert ledger.exists
    assert list(ledger.entries()) == [one, other]
    assert ledger.verify() == (2, ())
    first = (ledger.folder / "000000.jsonl").read_bytes().splitlines()[0]
    fields = json.loads(first)
    assert canonical(fields) == first
    assert fields.pop("digest") == digest_value(fields) == one.digest
    assert one.short == one.digest[7:19]


def test_bytes_that_are_not_utf8_are_written_so_that_json_holds_them(ledger):
    body = {"path": os.fsdecode(b"\xe9t\xe9"), "deep": [{"odd": "\ud800"}]}
    entry = ledger.append(EntryKind.VERDICT, body, now=NOON)
    assert entry.body == {"path": r"\xe9t\xe9", "deep": [{"odd": r"\ud800"}]}
    assert list(ledger.entries()) == [entry]


def test_a_thousand_entries_fill_a_segment(ledger, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    entries = fill(ledger, SEGMENT + 2)
    assert [path.name for path in sorted(ledger.folder.glob("*.jsonl"))] == ["000000.jsonl", "000001.jsonl"]
    assert len((ledger.folder / "000001.jsonl").read_bytes().splitlines()) == 2
    assert list(ledger.entries()) == entries
    assert ledger.verify() == (SEGMENT + 2, ())
    (ledger.folder / "000000.jsonl").unlink()
    assert faults(ledger) == (
        2,
        [("000000.jsonl", "ledger-segment-missing"), ("000001.jsonl:1", "ledger-chain-broken")],
    )


def test_verify_names_every_fault(ledger):
    def spoil(lines):
        lines[1] = lines[1].replace(b'"n":1', b'"n":9')
        del lines[3]
        lines[4], lines[5] = lines[5], lines[4]
        lines[7] = b"not an entry\n"
        lines[9] = lines[9][:-1]

    fill(ledger, 11)
    edit(ledger, spoil)
    assert faults(ledger) == (
        8,
        [
            ("000000.jsonl:2", "ledger-entry-edited"),
            ("000000.jsonl:4", "ledger-chain-broken"),
            ("000000.jsonl:5", "ledger-chain-broken"),
            ("000000.jsonl:6", "ledger-chain-broken"),
            ("000000.jsonl:7", "ledger-chain-broken"),
            ("000000.jsonl:8", "ledger-line-broken"),
            ("000000.jsonl:10", "ledger-torn"),
            ("ledger-head", "ledger-lost"),
        ],
    )


def test_an_edit_with_a_new_digest_breaks_the_chain(ledger):
    def forge_entry(lines):
        fields = json.loads(lines[1]) | {"body": {"n": 9}}
        del fields["digest"]
        lines[1] = canonical(fields | {"digest": digest_value(fields)}) + b"\n"

    fill(ledger, 4)
    edit(ledger, forge_entry)
    assert faults(ledger) == (4, [("000000.jsonl:3", "ledger-chain-broken")])
    with pytest.raises(UnjudgedError) as caught:
        list(ledger.entries())
    offset = sum(map(len, (ledger.folder / "000000.jsonl").read_bytes().splitlines(keepends=True)[:2]))
    assert caught.value.code == "ledger-broken"
    assert caught.value.sentence == f"entry 2 at byte {offset}: entry 2 does not follow the entry before it"


def test_a_torn_tail_is_set_aside(ledger):
    entries = fill(ledger, 3)
    path = ledger.folder / "000000.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines()[0][:-20])
    assert list(ledger.entries()) == entries
    assert faults(ledger) == (3, [("000000.jsonl:4", "ledger-torn")])
    following = ledger.append(EntryKind.LANDED, {"n": "again"}, now=NOON)
    assert (following.number, following.previous) == (3, entries[2].digest)
    assert list(ledger.entries()) == [*entries, following]
    count, findings = ledger.verify()
    assert (count, [finding.severity for finding in findings]) == (4, [Severity.RECORD])
    torn = (ledger.folder / "torn-0").read_bytes()
    assert torn.startswith(b'{"appended_at"')
    path.write_bytes(path.read_bytes() + torn)
    ledger.append(EntryKind.LANDED, {}, now=NOON)
    assert (ledger.folder / "torn-1").read_bytes() == torn


def test_a_torn_first_entry_starts_the_chain_anew(ledger):
    ledger.folder.mkdir(parents=True)
    (ledger.folder / "000000.jsonl").write_bytes(b"{")
    assert fill(ledger, 1)[0].number == 0
    assert ledger.verify()[0] == 1


def cut(ledger, count):
    path = ledger.folder / "000000.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-count]))


@pytest.mark.parametrize(
    ("lose", "sentence"),
    [
        (lambda ledger: cut(ledger, 1), "the ledger ends with entry 3, and entry 4 was written"),
        (lambda ledger: cut(ledger, 3), "the ledger ends with entry 1, and entry 4 was written"),
        (lambda ledger: shutil.rmtree(ledger.folder), "the ledger is empty, and entry 4 was written"),
        (lambda ledger: ledger.head_path.unlink(), "the file that names the newest entry is not there"),
        (
            lambda ledger: ledger.head_path.write_bytes(b"x"),
            "the file that names the newest entry holds something else",
        ),
    ],
)
def test_a_lost_end_is_found_refused_and_gone_on_from_openly(ledger, lose, sentence):
    fill(ledger, 5)
    lose(ledger)
    readers = [lambda: fill(ledger, 1)]
    readers += [lambda: list(ledger.entries())] if ledger.head_path.exists() else []
    for read in readers:
        with pytest.raises(UnjudgedError) as caught:
            read()
        assert (caught.value.code, caught.value.sentence) == ("ledger-lost", sentence)
        assert f"gitcorpus ledger begin {ledger.folder.parent.parent} --reason TEXT" in caught.value.hint
    assert [(code, place) for place, code in faults(ledger)[1]] == [("ledger-lost", "ledger-head")]
    kept = ledger.verify()[0]
    entry = ledger.begin({"reason": "the disk broke"}, now=NOON)
    assert (entry.number, entry.kind, entry.body["begins"]["kept"]) == (kept, EntryKind.INSTALLED, kept)
    fill(ledger, 2)
    assert ledger.verify() == (kept + 3, ())


def test_nothing_is_appended_where_the_first_entries_or_a_segment_are_gone(ledger, monkeypatch):
    """A writer may be at it while the folder is deleted: then its newest entry is there, and nothing else."""
    fill(ledger, 3)
    edit(ledger, lambda lines: lines.__delitem__(slice(0, 2)))
    with pytest.raises(UnjudgedError) as caught:
        fill(ledger, 1)
    assert (caught.value.code, caught.value.sentence) == (
        "ledger-lost",
        "not all entries before entry 2 are there",
    )
    assert ledger.begin({"reason": "it was deleted"}, now=NOON).number == 0
    monkeypatch.setattr(os, "fsync", lambda _: None)
    fill(ledger, SEGMENT)
    (ledger.folder / "000000.jsonl").unlink()
    with pytest.raises(UnjudgedError) as caught:
        fill(ledger, 1)
    assert caught.value.code == "ledger-lost"


def test_a_ledger_that_is_not_whole_is_moved_aside_and_begun_anew(ledger):
    fill(ledger, 3)
    before = (ledger.folder / "000000.jsonl").read_bytes().replace(b'"n":1', b'"n":7')
    (ledger.folder / "000000.jsonl").write_bytes(before)
    entry = ledger.begin({"reason": "it was edited"}, now=NOON)
    assert (entry.number, entry.body["begins"]["after"]["number"]) == (0, 2)
    assert (ledger.folder.with_name("ledger-aside-0") / "000000.jsonl").read_bytes() == before
    assert ledger.verify() == (1, ())


def test_a_writer_that_was_killed_before_the_head_loses_nothing(ledger):
    fill(ledger, 2)
    head = ledger.head_path.read_bytes()
    entries = fill(ledger, 1)
    ledger.head_path.write_bytes(head)
    assert list(ledger.entries())[-1] == entries[-1]
    assert ledger.verify() == (3, ())
    assert fill(ledger, 1)[0].number == 3
    assert ledger.head().number == 3


def test_a_head_of_which_one_place_is_torn_is_the_one_before(ledger):
    fill(ledger, 4)
    data = bytearray(ledger.head_path.read_bytes())
    assert len(data) == 1024
    data[512:600] = bytes(88)
    ledger.head_path.write_bytes(data)
    assert ledger.head().number == 2
    assert ledger.verify() == (4, ())
    fill(ledger, 1)
    assert ledger.head().number == 4


def test_a_clock_that_runs_back_is_told_and_no_time_does(ledger):
    early = NOON - timedelta(hours=2)
    entries = [ledger.append(EntryKind.LANDED, {}, now=now) for now in (NOON, early, NOON)]
    assert [entry.appended_at for entry in entries] == ["2026-11-01T12:00:00Z"] * 3
    assert [entry.clock for entry in entries] == [None, "2026-11-01T10:00:00Z", None]
    assert ledger.verify() == (3, ())


def person(ledger, pusher, sentence=""):
    gates = [
        {
            "gate": "rights",
            "state": "failed",
            "reason": "",
            "findings": [{"code": "x", "path": "north/a", "sentence": sentence}],
        }
    ]
    body = {
        "pusher": pusher,
        "outcome": "refused",
        "gates": gates,
        "options": [f"gitcorpus.allow=1:{pusher}"],
    }
    return ledger.append(EntryKind.VERDICT, body, now=NOON)


def test_personal_data_is_erased_and_the_chain_stays_whole(ledger):
    written = [
        person(ledger, "north", "`north` signed nothing"),
        person(ledger, "east", "write to north@corpus.example"),
        person(ledger, "northern"),
        person(ledger, None),
    ]
    assert list(ledger.entries()) == written
    raw = (ledger.folder / "000000.jsonl").read_text()
    assert '"pusher":{"personal":"sha256:' in raw
    erased = ledger.erase(["north"], {"by": "root", "reason": "asked for"}, now=NOON)
    assert erased == (4, 0)
    raw = (ledger.folder / "000000.jsonl").read_text()
    assert '"north"' not in raw
    assert "north@" not in raw
    assert ledger.verify() == (5, ())
    now = list(ledger.entries())
    assert [entry.digest for entry in now[:4]] == [entry.digest for entry in written]
    assert [entry.body.get("pusher") for entry in now] == [None, "east", "northern", None, None]
    assert now[0].erased == ("gates", "options", "pusher")
    assert now[1].body["gates"][0]["findings"][0]["sentence"] == "(erased)"
    assert now[2] == written[2]
    assert (now[4].kind, now[4].body["values"], now[4].body["by"]) == (EntryKind.ERASED, 4, "root")
    assert ledger.erase(["north"], {"by": "root", "reason": "once more"}, now=NOON) == (0, 0)
    assert ledger.verify() == (5, ())


def test_personal_data_that_nobody_erased_on_record_or_changed_is_a_fault(ledger):
    person(ledger, "north")
    path = ledger.folder / "000000.jsonl"
    whole = path.read_bytes()
    fields = json.loads(whole)
    digest = fields["body"]["pusher"]["personal"]
    fields["personal"][digest][1] = "east"
    path.write_bytes(canonical(fields) + b"\n")
    assert faults(ledger) == (1, [("000000.jsonl:1", "ledger-entry-edited")])
    del fields["personal"][digest]
    path.write_bytes(canonical(fields) + b"\n")
    assert faults(ledger) == (1, [("ledger", "ledger-entry-edited")])
    path.write_bytes(whole)
    assert ledger.verify() == (1, ())


def test_a_ledger_of_the_earlier_format_is_read_and_goes_on(ledger):
    """Its entries name people openly, and no head stands beside it."""
    ledger.folder.mkdir(parents=True)
    lines, previous = [], FIRST
    for number, pusher in enumerate(("north", "east")):
        fields = {
            "number": number,
            "appended_at": "2026-10-01T12:00:00Z",
            "kind": "verdict",
            "body": {"pusher": pusher, "outcome": "accepted"},
            "previous": previous,
        }
        previous = digest_value(fields)
        lines.append(canonical(fields | {"digest": previous}) + b"\n")
    (ledger.folder / "000000.jsonl").write_bytes(b"".join(lines))
    assert [(entry.format, entry.body["pusher"]) for entry in ledger.entries()] == [(1, "north"), (1, "east")]
    assert ledger.verify() == (2, ())
    new = person(ledger, "north")
    assert (new.number, new.previous, new.format) == (2, previous, 2)
    ledger.head_path.unlink()  # as a writer leaves it that is killed before the first head
    assert person(ledger, "west").number == 3
    assert ledger.erase(["north"], {}, now=NOON) == (2, 1)
    assert ledger.verify() == (5, ())
    assert (ledger.folder / "000000.jsonl").read_bytes().startswith(b"".join(lines))


def test_a_torn_entry_of_a_new_segment_is_set_aside(ledger, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    entries = fill(ledger, SEGMENT)
    (ledger.folder / "000001.jsonl").write_bytes(b"\0" * 100_000)
    assert len(list(ledger.entries())) == SEGMENT
    following = ledger.append(EntryKind.LANDED, {}, now=NOON)
    assert (following.number, following.previous) == (SEGMENT, entries[-1].digest)
    assert ledger.verify()[0] == SEGMENT + 1


def test_a_whole_line_that_is_no_entry_is_set_aside_and_stays_a_fault(ledger):
    fill(ledger, 2)
    edit(ledger, lambda lines: lines.append(b"scribbled\n"))
    assert fill(ledger, 1)[0].number == 2
    count, findings = ledger.verify()
    assert (count, [(finding.code, finding.blocks) for finding in findings]) == (
        3,
        [("ledger-line-broken", True)],
    )


def test_nothing_is_appended_to_an_entry_that_was_tampered_with(ledger):
    fill(ledger, 2)
    edit(ledger, lambda lines: lines.append(lines.pop().replace(b'"n":1', b'"n":9')))
    before = (ledger.folder / "000000.jsonl").read_bytes()
    with pytest.raises(UnjudgedError) as caught:
        fill(ledger, 1)
    assert (caught.value.code, caught.value.hint) == ("ledger-broken", "gitcorpus ledger verify")
    assert (ledger.folder / "000000.jsonl").read_bytes() == before


def append_some(folder, name, count):
    ledger = Ledger(folder)
    for n in range(count):
        ledger.append(EntryKind.VERDICT, {"by": name, "n": n}, now=NOON)


def test_eight_writers_keep_one_chain(ledger):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_some, args=(ledger.folder, n, 15)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert ledger.verify() == (120, ())
    bodies = [(entry.body["by"], entry.body["n"]) for entry in ledger.entries()]
    assert sorted(bodies) == [(by, n) for by in range(8) for n in range(15)]


ENDLESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
ledger = Ledger(Path(sys.argv[1]))
while True:
    entry = ledger.append(EntryKind.VERDICT, {"x": "y" * 50_000}, now=datetime(2026, 11, 1, tzinfo=UTC))
    print(entry.digest, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_was_told_is_kept(ledger):
    kept = []
    for lines in (3, 5, 8):
        with subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(ledger.folder)], stdout=subprocess.PIPE, text=True
        ) as writer:
            kept += [writer.stdout.readline().strip() for _ in range(lines)]
            writer.send_signal(signal.SIGKILL)
            kept += writer.stdout.read().split()
        kept.append(ledger.append(EntryKind.LANDED, {}, now=NOON).digest)
    count, findings = ledger.verify()
    assert [finding for finding in findings if finding.blocks] == []
    digests = [entry.digest for entry in ledger.entries()]
    assert len(digests) == count
    assert [digest for digest in digests if digest in set(kept)] == [
        digest for digest in kept if len(digest) == 71
    ]


FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from gitcorpus.errors import UnjudgedError
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
now = datetime(2026, 11, 1, tzinfo=UTC)
try:
    Ledger(Path(sys.argv[1])).append(EntryKind.VERDICT, {"x": "y" * 5000}, now=now)
except UnjudgedError as error:
    print(error.code, error.sentence)
"""


@pytest.mark.parametrize("room", [0, 300])
def test_a_full_disk_leaves_nothing_half_written(ledger, room):
    fill(ledger, 2)
    path = ledger.folder / "000000.jsonl"
    before = path.read_bytes()
    limit = str(len(before) + room)
    done = subprocess.run(
        [sys.executable, "-c", FULL, ledger.folder, limit], check=True, capture_output=True, text=True
    )
    assert done.stdout == "ledger-unwritable the ledger cannot be written: File too large\n"
    assert path.read_bytes() == before
    other = Ledger(ledger.folder.parent / "other")
    subprocess.run([sys.executable, "-c", FULL, other.folder, "100"], check=True, capture_output=True)
    assert not other.exists
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "gitcorpus").write_text("in the way")
    ledger = Ledger.of(tmp_path)
    with pytest.raises(UnjudgedError) as caught:
        ledger.append(EntryKind.LANDED, {}, now=NOON)
    assert (caught.value.code, caught.value.place) == ("ledger-unwritable", str(ledger.folder))


def test_a_place_that_cannot_be_read_is_named(ledger):
    fill(ledger, 1)
    (ledger.folder / "000001.jsonl").mkdir()
    for read in (ledger.verify, lambda: list(ledger.entries())):
        with pytest.raises(UnjudgedError) as caught:
            read()
        assert caught.value.code == "ledger-unreadable"
