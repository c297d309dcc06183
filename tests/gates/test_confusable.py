"""Which names look like others, and which words mix scripts that look alike."""

import pytest
from forge import Work
from gates.pushes import candidate_of, codes_of, result_of
from hypothesis import given
from hypothesis import strategies as st
from smallest import ADD, smallest

from gitcorpus.gates import confusable
from gitcorpus.gates.confusable import mixed_word, twins
from gitcorpus.gates.registry import built_in

ALIKE = [
    ("north", "n\u043erth"),
    ("NORTH", "n\u043erth"),
    ("hello", "\u041dELLO"),
    ("copy", "\u0441\u043e\u0440\u0443"),
    ("add.py", "\u0430dd.py"),
    ("add.py", "add\ufe0e.py"),
    ("add", "\uff41\uff44\uff44"),
    ("x1", "x\uff11"),
    ("x_y.z", "x\uff3fy\uff0ez"),
    ("a b", "a\u00a0b"),
    ("a b", "a\u3000b"),
    ("a-b", "a\u2010b"),
    ("a-b", "a\u2013b"),
    ("add", "\U0001d41add"),
    ("rn", "\u217f"),
    ("m", "\u217f"),
    ("i", "\u0131"),
    ("i", "\u0456"),
    ("l", "\u0406"),
    ("\u00f8", "o\u0338"),
    ("\u00f8", "o\u0337"),
    ("\u00e9", "e\u0301\u0301"),
    ("\u30ed", "\u53e3"),
    ("\u30a2", "\uff71"),
    ("stra\u00dfe", "stra\u03b2e"),
]
DISTINCT = [
    ("l1", "ll"),
    ("m", "rn"),
    ("O0", "00"),
    ("e", "\u00e9"),
    ("o", "\u00f6"),
    ("n", "\u00f1"),
    ("\u0434\u0430\u043d\u043d\u044b\u04351", "\u0434\u0430\u043d\u043d\u044b\u0435l"),
    ("\u65e5\u672c", "\u65e5\u672a"),
    ("x2", "x\u00b2"),
    ("\u00e9", "\u00c9"),
    ("\u00e9", "e\u0301"),
    ("\u03b1", "\u03b2"),
    ("n", "\u043f"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_are_found_among_others(one, other):
    assert twins((one, "x", other, "\u6f22")) == {one: [other], other: [one]}


@pytest.mark.parametrize(("one", "other"), DISTINCT)
def test_names_that_are_told_apart_are_no_twins(one, other):
    assert twins((one, other)) == {}


def test_the_table_is_not_read_for_names_in_ascii(monkeypatch):
    monkeypatch.setattr(confusable, "_data", None)
    confusable._alike.cache_clear()
    confusable._skeletons.cache_clear()
    assert twins(("l1", "ll", "rn", "m")) == {}
    assert mixed_word("paypal") == ""
    with pytest.raises(TypeError):
        twins(("a", "\u0430"))


def test_the_environment_names_no_other_table(monkeypatch, tmp_path):
    for name in ("confusables.json", "categories.json"):
        (tmp_path / name).write_text("{}")
    monkeypatch.setenv("CONFUSABLE_DATA", str(tmp_path))
    for kept in (confusable._alike, confusable._skeletons, confusable._scripts):
        kept.cache_clear()
    assert twins(("a", "\u0430"))
    assert mixed_word("p\u0430ypal")


@given(st.lists(st.text(max_size=8), unique=True, max_size=8))
def test_looking_alike_is_mutual(names):
    found = twins(names)
    assert all(name in found[other] for name, others in found.items() for other in others)


@pytest.mark.parametrize(
    "name", ["n\u043erth2", "p\u0430ypal.py", "\u03c1aypal", "\u043fa\u043f", "\u00e9\u0430", "a\u0302\u0430"]
)
def test_a_word_in_scripts_that_look_alike_is_found(name):
    assert mixed_word(name)


@pytest.mark.parametrize(
    "name",
    [
        "\u043f\u0440\u0438\u0432\u0435\u0442.py",
        "\u03b1\u03b2\u03b3-x",
        "\u0394t.csv",
        "\u03bcs",
        "\u65e5\u672c\u8a9eabc",
        "\u30b3\u30fc\u30c9code",
        "\ud55c\uae00abc",
        "caf\u00e9",
        "\u0395\u03bb\u03bb\u03ac\u03b4\u03b1",
        "\u05e9\u05dc\u05d5\u05dd-a",
        "\u0441\u043e\u0440\u0443",
        "\U0001f600a",
        "caf\udce9",
    ],
)
def test_words_of_their_own_scripts_are_fine(name):
    assert mixed_word(name) == ""


PATHS = built_in("paths")


def test_a_name_is_compared_with_what_stands_beside_it_in_every_folder_above(forge):
    work: Work = smallest(forge)
    work.commit({f"{ADD}/add.py": "x = 1\n"})
    work.git("checkout", "--quiet", "--detach")
    tip = work.commit({"corpus/basic\u0455/add/north/add.py": "x = 1\n"})
    (found,) = result_of(candidate_of(work, tip), PATHS).findings
    assert (found.code, found.place.path) == ("lookalike-name", "corpus/basic\u0455")
    assert found.sentence == (
        "it looks like `basics`, which stands beside it; <U+0455> (cyrillic small letter dze) tells them apart"
    )
    work.git("mv", "corpus/basic\u0455", "corpus/more")
    assert codes_of(candidate_of(work, work.commit({"README.md": "moved\n"})), PATHS) == ["lookalike-name"]
    work.git("reset", "--quiet", "--soft", "main")
    assert codes_of(candidate_of(work, work.commit({"README.md": "again\n"})), PATHS) == []
