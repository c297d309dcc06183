"""Real formatters judge what is pushed, in the sandbox; whatever goes wrong with one leaves the push unjudged."""

from dataclasses import replace

import pytest
from forge import Symlink
from gates.pushes import candidate_of, result_of
from smallest import NOW, SERVER, smallest
from tools import SANDBOX, needs

from gitcorpus.cache import Cache
from gitcorpus.gates import format as format_gate
from gitcorpus.gates.formatters import room
from gitcorpus.gates.known import Known
from gitcorpus.gates.registry import built_in
from gitcorpus.gates.runner import Means, run_gates
from gitcorpus.model.declaration import Scope
from gitcorpus.model.server import Sandbox
from gitcorpus.model.verdict import GateState

ADD = "corpus/basics/add/north"
TRIM = {"python": {"run": ["sed", "-i", "s/ *$//"]}}
REAL = {
    "python": "ruff",
    "go": "gofmt",
    "bash": "shfmt",
    "toml": "taplo",
    "c": "clang-format",
    "cpp": "clang-format",
    "javascript": "prettier",
    "typescript": "prettier",
}


class Case:
    """One language: what its formatter writes, what it changes, and what it cannot read."""

    def __init__(self, program, ending, good, odd, broken=""):
        self.program, self.ending, self.good, self.odd, self.broken = program, ending, good, odd, broken


CASES = {
    "python": Case("ruff", ".py", "x = [1, 2]\n", "x = [1,2]\n", "def f(:\n"),
    "go": Case(
        "gofmt", ".go", "package p\n\nfunc f() {}\n", "package p\n\nfunc  f() {}\n", "package p\nfunc f({}\n"
    ),
    "bash": Case(
        "shfmt", ".sh", "if true; then\n\techo 1\nfi\n", "if true; then\necho 1\nfi\n", "if true; then\n"
    ),
    "toml": Case("taplo", ".toml", "a = 1\n", "a=1\n", "a =\n"),
    "c": Case("clang-format", ".c", "int f(void) { return 1; }\n", "int f( void ) { return 1; }\n"),
    "cpp": Case("clang-format", ".hpp", "class A {};\n", "class A { };\n"),
    "javascript": Case("prettier", ".js", 'f("a");\n', "f('a')\n", "f(\n"),
    "typescript": Case("prettier", ".ts", "const a: number = 1;\n", "const a:number = 1\n", "const a: = 1\n"),
    "rust": Case("rustfmt", ".rs", "fn f() {}\n", "fn  f() {}\n", "fn f( {}\n"),
}
LANGUAGES = [
    pytest.param(language, marks=needs(case.program, *(["node"] if case.program == "prettier" else [])), id=language)
    for language, case in CASES.items()
]  # fmt: skip
BROKEN = [each for each in LANGUAGES if CASES[each.values[0]].broken]


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


def declared(formatters, budget=60):
    return replace(built_in("format"), parameters={"formatters": formatters}, budget_seconds=budget)


def judged(work, files, formatters, sandbox=SANDBOX):
    tip = work.commit(files, allow_empty=True)
    candidate = candidate_of(work, tip, server=replace(SERVER, sandbox=sandbox))
    return result_of(candidate, declared(formatters))


def found(result):
    assert result.state is not GateState.UNJUDGED, result.reason
    return sorted((each.place.path, each.code) for each in result.findings)


def unjudged(result):
    assert result.state is GateState.UNJUDGED
    return result.reason


def formatter_of(language):
    return {language: CASES[language].program}


def script(text, **fields):
    return {"python": {"run": ["sh", "-c", text, "sh"], **fields}}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_formatter_wrote_passes_and_anything_else_is_found(work, language):
    case = CASES[language]
    files = {f"{ADD}/good{case.ending}": case.good, f"{ADD}/odd{case.ending}": case.odd}
    result = judged(work, files, formatter_of(language))
    assert found(result) == [(f"{ADD}/odd{case.ending}", "not-formatted")]
    (finding,) = result.findings
    assert finding.patch.startswith("@@ -")
    assert finding.hint == f"gitcorpus fix {ADD}/odd{case.ending}"
    changed = [line for line in finding.patch.split("\n") if line.startswith("+")]
    assert set(changed) <= {f"+{line}" for line in case.good.split("\n")}


@pytest.mark.parametrize("language", BROKEN)
def test_a_file_that_cannot_be_read_is_found_and_keeps_no_other_from_being_judged(work, language):
    case = CASES[language]
    files = {
        f"{ADD}/{name}{case.ending}": text
        for name, text in (("a", case.good), ("b", case.broken), ("c", case.odd), ("d", case.broken), ("e", case.odd))
    }  # fmt: skip
    result = judged(work, files, formatter_of(language))
    assert found(result) == [
        (f"{ADD}/b{case.ending}", "formatter-rejects"),
        (f"{ADD}/c{case.ending}", "not-formatted"),
        (f"{ADD}/d{case.ending}", "formatter-rejects"),
        (f"{ADD}/e{case.ending}", "not-formatted"),
    ]
    rejected = [each for each in result.findings if each.code == "formatter-rejects"]
    assert all(each.quote and "/" not in each.quote.text.split("error")[0] for each in rejected)


ALL_TOOLS = needs("ruff", "gofmt", "shfmt", "taplo", "clang-format", "prettier", "node")


@ALL_TOOLS
def test_several_languages_in_one_push_take_one_run_for_each_formatter(work, monkeypatch):
    runs = []
    monkeypatch.setattr(room, "run_job", counting(runs))
    files = {f"{ADD}/{kind}{each.ending}": getattr(each, kind)
             for name, each in CASES.items() if name in REAL for kind in ("good", "odd")}  # fmt: skip
    files |= {f"{ADD}/more{number}.py": "y = 1\n" for number in range(20)}
    result = judged(work, files, REAL)
    assert len(found(result)) == len(REAL)
    assert len(runs) == 6


@ALL_TOOLS
def test_settings_that_are_pushed_are_not_found(work):
    settings = {
        "ruff.toml": "exclude = ['*']\n[format]\nexclude = ['*']\nquote-style = 'single'\n",
        ".ruff.toml": "exclude = ['*']\n",
        "pyproject.toml": "[tool.ruff]\nexclude = ['*']\n[tool.black]\nforce-exclude = '.*'\n",
        ".editorconfig": "root = true\n[*]\nindent_style = space\nindent_size = 7\nignore = true\n",
        ".prettierrc": '{"singleQuote": true, "semi": false}\n',
        ".prettierignore": "*\n",
        ".gitignore": "",
        "package.json": '{"prettier": {"singleQuote": true, "semi": false}}\n',
        "prettier.config.js": "module.exports = { semi: false, singleQuote: true };\n",
        ".clang-format": "DisableFormat: true\n",
        "_clang-format": "DisableFormat: true\n",
        ".clang-format-ignore": "*\n",
        "taplo.toml": "exclude = ['*']\n",
        ".taplo.toml": "exclude = ['**/*.toml']\n",
    }
    odd = {f"odd{each.ending}": each.odd for name, each in CASES.items() if name in REAL}
    for folder in ("", "corpus/", f"{ADD}/"):
        work.write({f"{folder}{name}": text for name, text in settings.items()})
    result = judged(work, {f"{ADD}/{name}": text for name, text in odd.items()}, REAL)
    names = {path for path, _ in found(result)}
    assert {f"{ADD}/{name}" for name in odd} <= names


@needs("ruff", "shfmt", "clang-format", "prettier", "node")
def test_options_of_the_declaration_are_the_bar(work):
    files = {
        f"{ADD}/a.py": "x = [aaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccc, dddddddd, eeee]\n",
        f"{ADD}/a.sh": "if true; then\n  echo 1\nfi\n",
        f"{ADD}/a.c": "int f(void)\n{\n    return 1;\n}\n",
        f"{ADD}/a.js": "f('a')\n",
    }
    plain = {"python": "ruff", "bash": "shfmt", "c": "clang-format", "javascript": "prettier"}
    assert len(found(judged(work, files, plain))) == 4
    own = {
        "python": {"use": "ruff", "options": ["--line-length=100"]},
        "bash": {"use": "shfmt", "options": ["-i=2"]},
        "c": {"use": "clang-format", "options": ["--style=WebKit"]},
        "javascript": {"use": "prettier", "options": ["--no-semi", "--single-quote"]},
    }
    assert found(judged(work, files, own)) == []


@needs("ruff")
def test_wrong_options_are_not_the_pushers_fault(work):
    wrong = {"python": {"use": "ruff", "options": ["--lenght=1"]}}
    reason = unjudged(judged(work, {f"{ADD}/a.py": "x = 1\n"}, wrong))
    assert reason.startswith(
        "formatter-failed: `ruff` cannot even format an empty file: error: unexpected argument"
    )


@needs("prettier", "node")
def test_a_language_that_a_formatter_does_not_know_is_not_the_pushers_fault(work):
    reason = unjudged(judged(work, {f"{ADD}/a.py": "x = 1\n"}, {"python": "prettier"}))
    assert reason.startswith(
        "formatter-failed: `prettier` cannot even format an empty file: [error] No parser"
    )


@needs("ruff", "gofmt", "shfmt")
@pytest.mark.parametrize(
    ("language", "name", "says"),
    [("python", "ruff", "0.17.5"), ("go", "gofmt", "1.27.3"), ("bash", "shfmt", "3.14.1")],
)
def test_another_version_than_the_specs_want_judges_nothing(work, language, name, says):
    case = CASES[language]
    major, minor, _ = says.split(".")

    def with_version(version, text):
        return judged(work, {f"{ADD}/a{case.ending}": text}, {language: {"use": name, "version": version}})

    for version in (says, f"{major}.{minor}", major):
        assert len(found(with_version(version, case.odd))) == 1
    for version in (f"{says}1", f"{major}.{minor[0]}", f"{minor}.0", "0.0.0", f"{says[:-1]}9"):
        reason = unjudged(with_version(version, case.good))
        assert reason.startswith(f"formatter-version: `{name}` says of its version: ")
        assert f"the specs want {version}" in reason


@pytest.mark.parametrize("value", ["black", {"run": ["no-such-program"]}, {"run": ["/nowhere/black"]}])
def test_a_formatter_that_is_not_there_judges_nothing(work, value):
    reason = unjudged(judged(work, {f"{ADD}/a.py": "x = 1\n"}, {"python": value}, Sandbox()))
    assert reason.startswith("formatter-missing: the sandbox has no `")


def test_a_program_that_the_room_does_not_show_is_missing(work, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    hidden = Sandbox(path=(str(tmp_path),))
    reason = unjudged(judged(work, {f"{ADD}/a.py": "x = 1\n"}, {"python": {"run": ["tool"]}}, hidden))
    assert reason.startswith("formatter-missing: the sandbox has no `tool`")


def test_a_program_without_its_interpreter_is_missing(work, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/nowhere/python\n")
    tool.chmod(0o755)
    mounted = Sandbox(path=(str(tmp_path),), mounts=(str(tmp_path),))
    reason = unjudged(judged(work, {f"{ADD}/a.py": "x = 1\n"}, {"python": {"run": ["tool"]}}, mounted))
    assert reason.startswith("formatter-missing: the sandbox has no `tool`, or not what it needs to start")


@pytest.mark.parametrize(
    ("formatters", "said"),
    [
        ({"golang": "ruff"}, "no file is in the language `golang`"),
        ({"python": {"version": "1"}}, "the formatter of python needs either `use` or `run`"),
        ({"python": {"use": "ruff", "run": ["x"]}}, "the formatter of python needs either `use` or `run`"),
    ],
)
def test_a_declaration_that_names_no_formatter_judges_nothing(work, formatters, said):
    assert unjudged(judged(work, {f"{ADD}/a.py": "x\n"}, formatters)).startswith(f"formatter-unclear: {said}")


GROWS = 'for f do printf "#\\n" >>"$f"; done'


def test_a_formatter_that_changes_again_what_it_wrote_judges_nothing(work):
    files = {f"{ADD}/a.py": "x = 1\n", f"{ADD}/b.py": "x = 2\n"}
    reason = unjudged(judged(work, files, script(GROWS)))
    said = f"{ADD}/a.py: `sh` would change again what it made of this file, and for 1 more"
    assert reason.startswith(f"formatter-unstable: {said}")


def test_a_formatter_that_cannot_read_what_it_wrote_judges_nothing(work):
    once = 'for f do grep -q odd "$f" && exit 1; echo odd >"$f"; done; exit 0'
    assert unjudged(judged(work, {f"{ADD}/a.py": "x\n"}, script(once))).startswith("formatter-unstable: ")


def test_what_else_is_wrong_is_said_beside_an_unstable_file(work):
    picky = 'for f do case $(cat "$f") in good) ;; odd) echo good >"$f";; *) echo x >>"$f";; esac; done'
    result = judged(work, {f"{ADD}/a.py": "odd\n", f"{ADD}/b.py": "grows\n"}, script(picky))
    assert unjudged(result).startswith("formatter-unstable: ")
    assert [each.place.path for each in result.findings] == [f"{ADD}/a.py"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('rm -- "$@"', "formatter-failed: `sh` did not leave what it was given (98)"),
        ('for f do rm "$f"; mkdir "$f"; done', "formatter-failed: `sh` did not leave what it was given (98)"),
        ("kill -SEGV $$", "formatter-failed: `sh` failed (125)"),
        ("exit 255", "formatter-failed: `sh` failed (124)"),
        ("while :; do :; done", "tool-out-of-time: `sh` did not come to an end in its time"),
    ],
)
def test_a_formatter_that_breaks_judges_nothing(work, text, reason):
    tip = work.commit({f"{ADD}/a.py": "x = 1\n"})
    candidate = candidate_of(work, tip, server=SERVER)
    assert unjudged(result_of(candidate, declared(script(text), budget=5))).startswith(reason)


def test_files_that_a_formatter_leaves_beside_are_nobodys(work):
    text = 'for f do cp "$f" "$f.orig"; mkdir -p new; done'
    assert found(judged(work, {f"{ADD}/a.py": "x = 1\n"}, script(text))) == []


def test_a_filter_reads_and_writes(work):
    formatter = {"python": {"run": ["sh", "-c", "grep -q bad && exit 3; echo good"], "filter": True}}
    files = {f"{ADD}/a.py": "good\n", f"{ADD}/b.py": "odd\n", f"{ADD}/c.py": "bad\n", f"{ADD}/d.py": "odd\n"}
    assert found(judged(work, files, formatter)) == [
        (f"{ADD}/b.py", "not-formatted"),
        (f"{ADD}/c.py", "formatter-rejects"),
        (f"{ADD}/d.py", "not-formatted"),
    ]


HOSTILE = (
    "a b.py",
    "-rf.py",
    "--config=x.py",
    "$(id).py",
    "`id`.py",
    "'\".py",
    "a;b.py",
    "é.py",
    "a\nb.py",
    "*.py",
    "x.PY",
)


@needs("ruff")
def test_names_are_never_more_than_names(work):
    files = {f"{ADD}/{name}": f"x = [{number},2]\n" for number, name in enumerate(HOSTILE)}
    files |= {f"{ADD}/fine {name}": f"x = [{number}, 3]\n" for number, name in enumerate(HOSTILE)}
    assert found(judged(work, files, {"python": "ruff"})) == sorted(
        (f"{ADD}/{name}", "not-formatted") for name in HOSTILE
    )


@needs("clang-format")
def test_names_reach_a_formatter_for_which_they_matter_if_they_are_harmless(work):
    text = '#include "add.h"\n#include "abs.h"\n'
    files = {f"{ADD}/add.c": text, f"{ADD}/other.c": text, f"{ADD}/-add.c": text}
    assert [path for path, _ in found(judged(work, files, {"c": "clang-format"}))] == [
        f"{ADD}/-add.c",
        f"{ADD}/other.c",
    ]


@needs("ruff", "gofmt")
def test_ends_of_lines_are_the_formatters_own_business(work):
    files = {
        f"{ADD}/a.py": "x = 1\r\ny = 2\r\n",
        f"{ADD}/b.py": "x = 1\ny = 2",
        f"{ADD}/a.go": "package p\r\n",
    }
    result = judged(work, files, {"python": "ruff", "go": "gofmt"})
    assert found(result) == [(f"{ADD}/a.go", "not-formatted"), (f"{ADD}/b.py", "not-formatted")]
    assert result.findings[0].place.line == 2 or result.findings[1].place.line == 2


def test_bytes_that_are_no_text_are_given_as_they_are(work):
    files = {f"{ADD}/a.py": b"x = '\xff\0'  \n", f"{ADD}/b.py": b"\xff\0\n"}
    result = judged(work, files, TRIM)
    assert found(result) == [(f"{ADD}/a.py", "not-formatted")]
    assert result.findings[0].patch == ""
    assert result.findings[0].place.line == 1


def test_links_fixtures_and_empty_files_are_left_alone(work):
    files = {f"{ADD}/l.py": Symlink("a  "), f"{ADD}/data/x.py": "x  \n", f"{ADD}/e.py": ""}
    assert found(judged(work, files, TRIM)) == []


def test_a_huge_file_is_not_formatted(work):
    result = judged(work, {f"{ADD}/a.py": b"x = 1\n" * 700_000, f"{ADD}/b.py": "y  \n"}, TRIM)
    assert found(result) == [(f"{ADD}/a.py", "too-large-to-format"), (f"{ADD}/b.py", "not-formatted")]


def test_more_than_a_run_takes_is_not_read(work, monkeypatch):
    monkeypatch.setattr(room, "MOST_BYTES", 10)
    reason = unjudged(judged(work, {f"{ADD}/a.py": "x = 1\n", f"{ADD}/b.py": "x = 2\n"}, TRIM))
    assert reason.startswith("too-much-for-tool: the files for `sed` have 12 bytes")


def test_a_large_patch_holds_its_first_hunks(work, monkeypatch):
    monkeypatch.setattr(format_gate, "MOST_PATCH", 200)
    lines = ["x  " if number % 20 == 0 else "x" for number in range(1, 200)]
    (finding,) = judged(work, {f"{ADD}/a.py": "\n".join(lines) + "\n"}, TRIM).findings
    assert finding.place.line == 20
    assert finding.sentence == "`sed` writes 9 lines of it otherwise"
    assert 0 < len(finding.patch) <= 200
    assert finding.patch.endswith(" x\n")


def counting(runs):
    real = room.run_job

    def run(job, **given):
        runs.append(job)
        return real(job, **given)

    return run


def test_what_is_known_starts_no_program(work, monkeypatch, forge):
    runs = []
    monkeypatch.setattr(room, "run_job", counting(runs))
    bare = forge.bare("cache.git")
    declaration = declared(TRIM)

    def pushed(files, sandbox=SANDBOX):
        candidate = candidate_of(work, work.commit(files), server=replace(SERVER, sandbox=sandbox))
        known = Known(Cache.of(bare), today=NOW.date())
        (result,) = run_gates(
            [candidate], [declaration], waivers=(), today=NOW.date(), means=Means(known=known)
        )
        known.save()
        return found(result)

    assert pushed({f"{ADD}/a.py": "x = 1\n"}) == []
    assert pushed({f"{ADD}/b.py": "x = 1\n", f"{ADD}/c/a.py": "x = 1\n"}) == []
    assert len(runs) == 2
    assert pushed({f"{ADD}/c/b.py": "x = 1\n", f"{ADD}/d/a.py": "x = 1\n"}) == []
    assert len(runs) == 2
    odd = [(f"{ADD}/y.py", "not-formatted"), (f"{ADD}/z.py", "not-formatted")]
    assert pushed({f"{ADD}/z.py": "hunter2  \n"}) == odd[1:]
    assert pushed({f"{ADD}/y.py": "hunter2  \n"}) == odd
    assert len(runs) == 4
    assert not [path for path in bare.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert pushed({f"{ADD}/z.py": "x\n", f"{ADD}/y.py": "x\n"}) == []
    assert pushed({f"{ADD}/w.py": "x\n"}, replace(SANDBOX, mounts=())) == []
    assert len(runs) == 6


def test_another_program_formats_anew(work, monkeypatch, forge, tmp_path):
    runs = []
    monkeypatch.setattr(room, "run_job", counting(runs))
    bare, tool = forge.bare("cache.git"), tmp_path / "bin" / "tidy"
    tool.parent.mkdir()
    box = Sandbox(mounts=(str(tool.parent),), path=(str(tool.parent),))
    candidate = candidate_of(work, work.commit({f"{ADD}/a.py": "x\n"}), server=replace(SERVER, sandbox=box))
    for text in ("#!/bin/sh\nexit 0\n", "#!/bin/sh\nfor f do echo y >$f; done\n"):
        tool.write_text(text)
        tool.chmod(0o755)
        for _ in range(2):
            known = Known(Cache.of(bare), today=NOW.date())
            (result,) = run_gates(
                [candidate],
                [declared({"python": {"run": ["tidy"]}})],
                waivers=(),
                today=NOW.date(),
                means=Means(known=known),
            )
            known.save()
    assert found(result) == [(f"{ADD}/a.py", "not-formatted")]
    assert len(runs) == 3


PICKY = 'for f do case $(cat "$f") in bad*) {said} exit 1;; odd*) echo good >"$f";; esac; done; exit 0'


@pytest.mark.parametrize("said", ["", 'echo "$f" >&2;', 'echo "$@" >&2;', "echo 1/file.py 99/x >&2;"])
def test_whatever_a_formatter_says_every_file_is_judged_by_itself(work, said):
    kinds = {number: ("good", "bad", "odd")[number * 7 % 3] for number in range(90)}
    files = {f"{ADD}/f{number}.py": f"{kind}\n# {number}\n" for number, kind in kinds.items()}
    expected = {"bad": "formatter-rejects", "odd": "not-formatted"}
    assert found(judged(work, files, script(PICKY.replace("{said}", said)))) == sorted(
        (f"{ADD}/f{number}.py", expected[kind]) for number, kind in kinds.items() if kind in expected
    )


def test_every_commit_is_judged_where_the_declaration_says_so(work):
    work.commit({f"{ADD}/a.py": "x  \n"})
    tip = work.commit({f"{ADD}/a.py": "x\n"})
    candidate = candidate_of(work, tip, server=SERVER)
    assert found(result_of(candidate, declared(TRIM))) == []
    every = replace(declared(TRIM), on=Scope.EVERY_COMMIT)
    assert found(result_of(candidate, every)) == [(f"{ADD}/a.py", "not-formatted")]
