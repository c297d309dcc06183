"""Whatever is done to a ledger's files, except cutting off its newest entries, is found."""

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
            EntryKind.VERDICT, {"n": n, "text": f"\u00e9t\u00e9 {n}"}, now=datetime(2026, 11, 1, tzinfo=UTC)
        )
    return (ledger.folder / "000000.jsonl").read_bytes()


def verify(data):
    with TemporaryDirectory() as folder:
        (Path(folder) / "000000.jsonl").write_bytes(data)
        ledger = Ledger(Path(folder))
        count, findings = ledger.verify()
        try:
            read = len(list(ledger.entries()))
        except UnjudgedError as error:
            assert error.code == "ledger-broken"  # noqa: PT017 - both ways to read must agree
            read = -1
        return count, findings, read


@given(data=st.data())
def test_no_byte_can_be_changed(written, data):
    at = data.draw(st.integers(0, len(written) - 1))
    byte = data.draw(st.integers(0, 255))
    assume(byte != written[at])
    _, findings, _ = verify(written[:at] + bytes([byte]) + written[at + 1 :])
    assert findings


@given(data=st.data())
def test_no_entry_can_be_moved_doubled_or_taken_out(written, data):
    lines = written.splitlines(keepends=True)
    kept = data.draw(st.lists(st.sampled_from(lines), max_size=ENTRIES + 2))
    count, findings, read = verify(b"".join(kept))
    if kept == lines[: len(kept)]:
        assert (count, findings, read) == (len(kept), (), len(kept))
    else:
        assert findings
        assert read == -1


@given(data=st.data())
def test_a_file_cut_anywhere_keeps_its_whole_entries(written, data):
    at = data.draw(st.integers(0, len(written)))
    whole = written[:at].count(b"\n")
    count, findings, read = verify(written[:at])
    assert (count, read) == (whole, whole)
    assert len(findings) == (not written[:at].endswith(b"\n") and at > 0)
