"""Whether one range of versions lies within another, in each ecosystem's notation."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from gitcorpus.gates.manifests import Ecosystem
from gitcorpus.gates.versions import NOTATIONS, VersionError, within

NUMBERS = st.sampled_from([0, 1, 2, 3, 10])
RELEASES = st.lists(NUMBERS, min_size=1, max_size=3).map(lambda numbers: ".".join(map(str, numbers)))
VERSIONS = st.tuples(RELEASES, st.sampled_from(["", "", "", "a1", "rc2", ".post1", ".dev3"])).map("".join)
SPECIFIERS = st.tuples(st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~="]), VERSIONS).map("".join)
STARRED = st.tuples(st.sampled_from(["==", "!="]), RELEASES, st.just(".*")).map("".join)
SETS = st.lists(SPECIFIERS | STARRED, min_size=1, max_size=3).map(",".join)


def lies_within(ecosystem, inner, outer):
    read = NOTATIONS[Ecosystem(ecosystem)]
    return within(read(inner), read(outer))


@given(SETS, SETS, st.lists(VERSIONS, min_size=1, max_size=30))
def test_what_is_within_another_set_holds_no_version_that_packaging_keeps_out(inner, outer, versions):
    try:
        asked, allowed = SpecifierSet(inner), SpecifierSet(outer)
    except InvalidSpecifier:
        assume(False)
    if lies_within("pypi", inner, outer):
        taken = asked.filter(map(Version, versions), prereleases=asked.prereleases or False)
        assert [each for each in taken if each not in allowed] == []


@pytest.mark.parametrize(
    ("ecosystem", "inner", "outer"),
    [
        ("pypi", "==2.32.3", ">=2.31,<3"),
        ("pypi", ">=2.31,<3", ">=2.31,<3"),
        ("pypi", "~=2.31.1", ">=2.31,<3"),
        ("pypi", "==2.31.*", "~=2.31"),
        ("pypi", ">=2,<3,!=2.5", "!=2.5"),
        ("npm", "^1.2.3", "^1"),
        ("npm", "1.2.x", ">=1.2 <2"),
        ("npm", "1.2.3 - 1.4", "1.x"),
        ("npm", "^1.2 || ^3.1", "1 || 2 || 3"),
        ("npm", "~0.2.3", "^0.2.1"),
        ("cargo", "1.2", "1"),
        ("cargo", "=0.3.4", "0.3"),
        ("cargo", ">=1.2, <1.5", "^1.1"),
        ("go", "v1.2.3", ">=v1.2, <v2"),
        ("go", "v0.0.0-20240101000000-0123456789ab", "<v1"),
        ("go", "v2.0.0+incompatible", ">=v1"),
        ("maven", "1.2", "[1.0,2.0)"),
        ("maven", "[1.1,1.5]", "[1.0,2.0)"),
        ("maven", "2.0-rc1", "<2.0"),
        ("maven", "1.0-20240101", "<1.1"),
        ("terraform", "~> 5.1", ">= 5.0, < 6.0"),
        ("terraform", "5.1.0", "~> 5.0"),
    ],
)
def test_within(ecosystem, inner, outer):
    assert lies_within(ecosystem, inner, outer)


@pytest.mark.parametrize(
    ("ecosystem", "inner", "outer"),
    [
        ("pypi", "", "<3"),
        ("pypi", ">=2.31", ">=2.31,<3"),
        ("pypi", "==3.0rc1", "<3"),
        ("pypi", ">=2.0a1", ">=1"),
        ("npm", "*", "<9"),
        ("npm", "^1", "^1.2"),
        ("npm", "^0.2.3", "~0.2.3 <0.2.9"),
        ("npm", "2.0.0-rc.1", "^1 || ^2"),
        ("npm", ">1 <1", "*"),
        ("cargo", "1", "1.2"),
        ("cargo", "0.3", "=0.3.4"),
        ("go", "v2.0.0", "<v2"),
        ("maven", "2.0", "[1.0,2.0)"),
        ("maven", "[1.0,)", "[1.0,2.0)"),
        ("maven", "2.0-sp", "<=2.0"),
        ("terraform", "~> 5", "~> 5.1"),
    ],
)
def test_not_within(ecosystem, inner, outer):
    assert not lies_within(ecosystem, inner, outer)


@pytest.mark.parametrize(
    ("ecosystem", "text"),
    [
        ("pypi", "latest"),
        ("pypi", ">=" + "1" * 400),
        ("npm", "latest"),
        ("npm", "^1.x-rc"),
        ("cargo", "1.2, "),
        ("go", "master"),
        ("maven", "${revision}"),
        ("maven", "[1.0"),
        ("terraform", "~> five"),
    ],
)
def test_what_is_no_range(ecosystem, text):
    with pytest.raises(VersionError):
        NOTATIONS[Ecosystem(ecosystem)](text)


@pytest.mark.parametrize(
    "versions",
    [
        # In the order that `ComparableVersion` of Maven 3.8 gives them.
        [
            "1-alpha-1",
            "1.0-beta",
            "1-M1",
            "1.0-rc",
            "1.0-SNAPSHOT",
            "1.0.0",
            "1-sp",
            "1-jre",
            "1-2",
            "1.0.2",
            "1.1",
        ],
        ["10-rc.1", "10.0.RELEASE", "10-jre2", "10-20240101", "10.0.1"],
    ],
)
def test_mavens_order(versions):
    for number, version in enumerate(versions):
        assert all(lies_within("maven", earlier, f"<{version}") for earlier in versions[:number])
        assert not any(lies_within("maven", later, f"<{version}") for later in versions[number:])
