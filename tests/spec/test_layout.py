import pytest
from inline_snapshot import snapshot
from spec.printing import CORPUS, CURRICULUM

from gitcorpus.spec.layout import Elsewhere, LayoutMatcher, Located, Missed


@pytest.fixture
def matcher(load):
    corpus = CORPUS + "  languages: {.tpl: gotemplate, Justfile: just}\n"
    more = "  - {id: more, title: More, tasks: [{id: pages, title: Pages, languages: [gotemplate]}]}\n"
    return LayoutMatcher(load(corpus=corpus, curriculum=CURRICULUM + more).spec)


@pytest.mark.parametrize(
    ("path", "role", "language"),
    [
        ("corpus/basics/add/north/add.py", "source", "python"),
        ("corpus/basics/add/north/deep/test_add.py", "test", "python"),
        ("corpus/basics/add/north/TASK.md", "prompt", "markdown"),
        ("corpus/basics/add/north/NOTES.md", "doc", "markdown"),
        ("corpus/basics/add/north/data/deep/.hidden", "fixture", None),
        ("corpus/basics/add/north/package.json", "source", "json"),
        ("corpus/more/pages/north/index.tpl", "source", "gotemplate"),
    ],
)  # fmt: skip
def test_locates_a_file_of_a_solution(matcher, path, role, language):
    found = matcher.locate(path)
    assert isinstance(found, Located)
    assert (found.role, found.language) == (role, language)
    assert (found.solution, found.root) == ("north", "/".join(path.split("/")[:4]))
    assert f"{found.root}/{found.inner}" == path
    assert (found.unit.id, found.task.id) == tuple(path.split("/")[1:3])


@pytest.mark.parametrize("path", ["README.md", "specs/views/x.yaml", "agreements/a/b.md", ".gitignore"])
def test_lets_some_files_stand_elsewhere(matcher, path):
    assert isinstance(matcher.locate(path), Elsewhere)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "corpse/basics/add/north/add.py",
            snapshot("""\
outside-layout: it misses `corpus/{unit}/{task}/{solution}`: folder 1 is `corpse`, not `corpus`
  hint: move it into a solution, or let `layout.elsewhere` name it
"""),
        ),
        (
            "corpus/basics/add.py",
            snapshot("""\
outside-layout: it misses `corpus/{unit}/{task}/{solution}`: it ends before `{task}`
  hint: move it into a solution, or let `layout.elsewhere` name it
"""),
        ),
        (
            "corpus/basics/add/north",
            snapshot("""\
outside-layout: it misses `corpus/{unit}/{task}/{solution}`: it ends before `{solution}`
  hint: move it into a solution, or let `layout.elsewhere` name it
"""),
        ),
        (
            "corpus/basic/add/north/add.py",
            snapshot("""\
unknown-unit: no curriculum has a unit `basic`
  hint: did you mean `basics`?
"""),
        ),
        (
            "corpus/basics/ad/north/add.py",
            snapshot("""\
unknown-task: no curriculum has a task `ad`
  hint: did you mean `add`?
"""),
        ),
        (
            "corpus/basics/something-else/north/add.py",
            snapshot("""\
unknown-task: no curriculum has a task `something-else`
  hint: declare it in a curriculum first
"""),
        ),
        (
            "corpus/more/add/north/add.py",
            snapshot("""\
wrong-unit: the task `add` belongs to the unit `basics`, not to `more`
  hint: mkdir -p corpus/basics/add && git mv corpus/more/add/north corpus/basics/add/north
"""),
        ),
        (
            "corpus/basics/add/north/add.go",
            snapshot("""\
wrong-language: this source file is in go, and the task `add` takes python
  hint: ask the leads for `go` in its `languages`; or take it out: git rm --cached corpus/basics/add/north/add.go
"""),
        ),
        (
            "corpus/basics/add/north/test_add.txt",
            snapshot("""\
no-role: `test_add.txt` has no role in its solution
  hint: no pattern of `layout.roles` at specs/corpus.yaml:5:3 matches it
"""),
        ),
        (
            "corpus/basics/add/north/image.png",
            snapshot("""\
no-role: `image.png` has no role in its solution
  hint: no pattern of `layout.roles` at specs/corpus.yaml:5:3 matches it
"""),
        ),
    ],
)
def test_says_what_a_path_missed(matcher, path, expected):
    found = matcher.locate(path)
    assert isinstance(found, Missed)
    assert f"{found.code}: {found.sentence}\n  hint: {found.hint}\n" == expected


def test_a_file_without_a_known_language_is_no_source(load):
    spec = load(corpus=CORPUS.replace('"**/*.tpl"', '"**/*"')).spec
    found = LayoutMatcher(spec).locate("corpus/basics/add/north/tool.exe")
    assert (found.code, found.sentence) == snapshot(
        (
            "wrong-language",
            "this source file is in no language that its name tells, and the task `add` takes python",
        )
    )


def test_takes_the_first_of_several_patterns_that_fits_and_names_the_nearest(load):
    corpus = CORPUS.replace(
        "solution: corpus/{unit}/{task}/{solution}", "solution: ['a/{task}', 'b/*/x-{task}']"
    )
    matcher = LayoutMatcher(load(corpus=corpus).spec)
    located = [matcher.locate("a/add/add.py"), matcher.locate("b/any/x-add/add.py")]
    assert [(found.task.id, found.unit.id, found.solution, found.root) for found in located] == [
        ("add", "basics", "main", "a/add"),
        ("add", "basics", "main", "b/any/x-add"),
    ]
    assert matcher.locate("b/any/y-add/add.py").sentence == snapshot(
        "it misses `b/*/x-{task}`: folder 3 is `y-add`, not `x-{task}`"
    )


def test_elsewhere_takes_what_no_solution_can(load):
    corpus = CORPUS + '  elsewhere: ["**/*"]\n'
    matcher = LayoutMatcher(load(corpus=corpus).spec)
    assert isinstance(matcher.locate("corpus/basics/unknown/north/a.py"), Elsewhere)
    assert isinstance(matcher.locate("corpus/basics/add/north/a.py"), Located)
