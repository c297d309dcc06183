"""Executed and missed lines: their laws, and the paths under which they are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.gates.results import (
    Coverage,
    FileCoverage,
    Folder,
    ReportError,
    parse_cobertura,
    parse_go_profile,
    parse_lcov,
)
from gitcorpus.gates.results.coverage import MOST_LINES, Tally, merged

HERE = Folder(root="/work")
LINES = st.frozensets(st.integers(1, 12), max_size=6)


@st.composite
def coverages(draw):
    files = []
    for path in sorted(draw(st.frozensets(st.sampled_from("abc")))):
        executed = draw(LINES)
        files.append(FileCoverage(path=path, executed=executed, missed=draw(LINES) - executed))
    return Coverage(files=tuple(files), n_dropped=draw(st.integers(0, 3)))


def record(path, *lines):
    return f"SF:{path}\n{''.join(f'DA:{line}' + chr(10) for line in lines)}end_of_record\n".encode()


def cobertura(*classes, sources=()):
    named = "".join(f"<source>{source}</source>" for source in sources)
    held = "".join(
        f'<class filename="{path}"><lines><line number="{line}" hits="{hits}"/></lines></class>'
        for path, line, hits in classes
    )
    return f"<coverage><sources>{named}</sources><packages>{held}</packages></coverage>".encode()


@given(coverages())
def test_a_rate_is_a_part_of_the_lines(coverage):
    assert 0 <= coverage.rate <= 1
    assert coverage.n_lines == sum(file.n_lines for file in coverage.files)
    assert (coverage.rate == 1) == (coverage.n_lines > 0 and not any(file.missed for file in coverage.files))


@given(coverages())
def test_merged_with_itself_or_with_nothing_is_the_same(coverage):
    assert merged([coverage]) == coverage
    assert merged([coverage, Coverage()]) == coverage
    assert merged([coverage, coverage]).files == coverage.files


@given(coverages(), coverages())
def test_merging_takes_no_executed_line_away(one, other):
    both = merged([one, other])
    assert both == merged([other, one])
    for file in both.files:
        assert not file.executed & file.missed
        for part in (one.file(file.path), other.file(file.path)):
            if part is not None:
                assert part.executed <= file.executed
                assert part.missed <= file.missed | file.executed
    assert both.n_executed >= max(one.n_executed, other.n_executed)


@given(coverages(), st.dictionaries(st.sampled_from("abcd"), LINES))
def test_a_part_of_the_lines_is_no_more_than_that(coverage, lines):
    part = coverage.of(lines)
    for file in part.files:
        whole = coverage.file(file.path)
        assert file.executed == whole.executed & lines[file.path]
        assert file.missed == whole.missed & lines[file.path]
    assert coverage.of({file.path: file.executed | file.missed for file in coverage.files}) == coverage
    assert part.of(lines) == part


@pytest.mark.parametrize(
    ("reported", "path"),
    [
        ("a/b.py", "a/b.py"),
        ("./a//c/../b.py", "a/b.py"),
        ("/work/a.py", "a.py"),
        ("/work/./x/../a.py", "a.py"),
        ("//work/a.py", None),
        ("/workshop/a.py", None),
        ("/work/../etc/passwd", None),
        ("/work", None),
        ("/etc/passwd", None),
        ("../a.py", None),
        ("a/../../b.py", None),
        ("..", None),
        (".", None),
        ("", None),
        ("a\0b", None),
        ("a\nb", None),
        ("a" * 5000, None),
        ("..a/b", "..a/b"),
        ("caf\udce9.py", "caf\udce9.py"),
    ],
)
def test_paths_stay_in_the_folder(reported, path):
    assert HERE.path_of(reported) == path


def test_without_a_root_no_absolute_path_is_in_the_folder():
    assert Folder().path_of("/a") is None
    assert Folder().path_of("a") == "a"
    assert Folder(root="/").path_of("/etc/passwd") == "etc/passwd"


def test_the_sources_of_cobertura_say_where_its_paths_begin():
    data = cobertura(("a.py", 1, 1), ("b.py", 2, 0), sources=["/work/src", "/work/lib", "/usr"])
    assert [file.path for file in parse_cobertura(data, HERE).files] == ["src/a.py", "src/b.py"]
    known = Folder(root="/work", paths=frozenset({"src/a.py", "lib/b.py"}))
    assert [file.path for file in parse_cobertura(data, known).files] == ["lib/b.py", "src/a.py"]
    assert parse_cobertura(cobertura(("a.py", 1, 1), sources=["/usr"]), HERE).n_dropped == 1


def test_what_leaves_the_folder_is_dropped_and_counted():
    data = record("../../etc/passwd", "1,1") + record("/etc/shadow", "1,1") + record("a.py", "1,1", "2,0")
    coverage = parse_lcov(data, HERE)
    assert coverage.n_dropped == 2
    assert coverage.files == (FileCoverage(path="a.py", executed=frozenset({1}), missed=frozenset({2})),)
    profile = b"mode: set\nother.org/x/a.go:1.1,2.2 1 1\nexample.org/m/../../b.go:1.1,2.2 1 1\n"
    assert parse_go_profile(profile, HERE, module="example.org/m") == Coverage(n_dropped=2)


def test_a_line_that_any_place_executed_was_executed():
    assert parse_lcov(record("a", "1,0") + record("a", "1,3"), HERE).rate == 1
    profile = b"mode: set\na.go:1.10,3.2 1 0\na.go:1.1,1.10 1 1\na.go:1.10,3.2 1 0\na.go:9.1,9.1 0 0\n"
    (file,) = parse_go_profile(profile, HERE).files
    assert (sorted(file.executed), sorted(file.missed)) == ([1], [2, 3])


@pytest.mark.parametrize(
    ("parse", "data"),
    [
        (parse_lcov, b""),
        (parse_lcov, b"garbage"),
        (parse_lcov, b"SF:a\nDA:1,1\n"),
        (parse_lcov, b"DA:1,1\nend_of_record\n"),
        (parse_lcov, record("a", "0,1")),
        (parse_lcov, record("a", "1,nan")),
        (parse_lcov, record("a", "-1,1")),
        (parse_lcov, record("a", "99999999999,1")),
        (parse_lcov, record("a", "9999999999,1")),
        (parse_lcov, b"SF:a\nSF:b\nend_of_record\n"),
        (parse_go_profile, b""),
        (parse_go_profile, b"mode: none\n"),
        (parse_go_profile, b"mode: set\nx\n"),
        (parse_go_profile, b"mode: set\na.go:5.1,4.1 1 1\n"),
        (parse_go_profile, b"mode: set\na.go:1.1,999999999.2 1 1\n"),
        (parse_go_profile, b"mode: set\n" + b"".join(b"a.go:1.1,%d.2 1 1\n" % n for n in range(1, 4000))),
        (parse_cobertura, b""),
        (parse_cobertura, b"<html/>"),
        (parse_cobertura, b"<coverage>"),
        (parse_cobertura, cobertura(("a", 0, 1))),
        (parse_cobertura, cobertura(("a", 1, "inf"))),
        (parse_cobertura, b"<!DOCTYPE coverage [<!ENTITY a 'x'>]><coverage>&a;</coverage>"),
        (parse_cobertura, b"<!DOCTYPE coverage [<!ATTLIST line hits CDATA '1'>]><coverage/>"),
        (parse_cobertura, b"<coverage>" + b"<a>" * 100 + b"</a>" * 100 + b"</coverage>"),
    ],
)
def test_what_is_no_report_is_an_error(parse, data):
    with pytest.raises(ReportError):
        parse(data, HERE)


def test_a_report_that_tells_too_many_lines_is_an_error():
    tally = Tally()
    tally.add("a", 1, MOST_LINES, executed=True)
    with pytest.raises(ReportError):
        tally.add("a", 1, 1, executed=True)
