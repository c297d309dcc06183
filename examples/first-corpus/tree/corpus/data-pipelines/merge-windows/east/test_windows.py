from datetime import date
from pathlib import Path

import pytest
from windows import Window, merge_windows, parse_windows

OUTAGES = Path(__file__).parent / "fixtures" / "outages.csv"


def window(first, last):
    return Window(date(2026, 2, first), date(2026, 2, last))


@pytest.mark.parametrize(
    ("windows", "merged"),
    [
        ([], []),
        ([window(1, 3)], [window(1, 3)]),
        ([window(5, 9), window(1, 6)], [window(1, 9)]),
        ([window(1, 3), window(4, 6)], [window(1, 6)]),
        ([window(1, 3), window(5, 6)], [window(1, 3), window(5, 6)]),
        ([window(1, 20), window(2, 3), window(19, 22)], [window(1, 22)]),
    ],
)
def test_merges_what_overlaps_or_touches(windows, merged):
    assert merge_windows(windows) == merged


def test_reads_a_file_whose_last_line_has_no_end():
    text = OUTAGES.read_text(encoding="utf-8")
    assert not text.endswith("\n")
    assert merge_windows(parse_windows(text.splitlines())) == [window(1, 5), window(9, 9)]


@pytest.mark.parametrize("line", ["2026-02-03", "2026-02-30,2026-03-01", "a,b", "2026-02-01,2026-02-02,x"])
def test_names_a_line_that_is_no_window(line):
    with pytest.raises(ValueError, match="line 2: want FIRST,LAST"):
        parse_windows(["2026-02-01,2026-02-02", line])


def test_refuses_a_window_that_ends_before_it_begins():
    with pytest.raises(ValueError, match="line 1: 2026-02-01 lies before 2026-02-02"):
        parse_windows(["2026-02-02,2026-02-01"])
