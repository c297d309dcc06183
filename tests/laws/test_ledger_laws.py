"""Whatever is done to a ledger's files is found; that its newest entries are gone, by its head."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gitcorpus.errors import UnjudgedError
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind

ENTRIES = 6


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    ledger = Ledger.of(tmp_path_factory.mktemp("ledger"))
    for n in range(ENTRIES):
        ledger.append(
            EntryKind.VERDICT,
            {"n": n, "text": f"\u00e9t\u00e9 {n}", "pusher": "north" if n % 2 else None},
            now=datetime(2026, 11, 1, tzinfo=UTC),
        )
    return (ledger.folder / "000000.jsonl").read_bytes(), ledger.head_path.read_bytes()


def verify(data, head):
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder, "ledger"))
        ledger.folder.mkdir()
        (ledger.folder / "000000.jsonl").write_bytes(data)
        ledger.head_path.write_bytes(head)
        count, findings = ledger.verify()
        try:
            read = len(list(ledger.entries()))
        except UnjudgedError as error:
            assert error.code in {"ledger-broken", "ledger-lost"}  # noqa: PT017 - both ways to read must agree
            read = -1
        return count, findings, read


@given(data=st.data())
def test_no_byte_can_be_changed(written, data):
    lines, head = written
    at = data.draw(st.integers(0, len(lines) - 1))
    byte = data.draw(st.integers(0, 255))
    assume(byte != lines[at])
    _, findings, _ = verify(lines[:at] + bytes([byte]) + lines[at + 1 :], head)
    assert findings


@given(data=st.data())
def test_no_entry_can_be_moved_doubled_or_taken_out(written, data):
    lines = written[0].splitlines(keepends=True)
    drawn = st.lists(st.sampled_from(lines), max_size=ENTRIES + 2)
    kept = data.draw(drawn | st.sampled_from([lines, lines[:-1]]))
    count, findings, read = verify(b"".join(kept), written[1])
    if kept == lines:
        assert (count, findings, read) == (len(kept), (), len(kept))
    else:
        assert findings
        assert read == -1


@given(data=st.data())
def test_a_file_cut_anywhere_keeps_its_whole_entries_and_the_others_are_missed(written, data):
    lines, head = written
    at = data.draw(st.integers(0, len(lines)) | st.just(len(lines)))
    whole = lines[:at].count(b"\n")
    count, findings, read = verify(lines[:at], head)
    assert (count, read) == (whole, whole if at == len(lines) else -1)
    torn = not lines[:at].endswith(b"\n") and at > 0
    expected = ["ledger-torn"] * torn + ["ledger-lost"] * (at < len(lines))
    assert [finding.code for finding in findings] == expected
