"""What a server can answer: why a declared gate cannot give an answer there, before any push needs it.

A gate that gives no answer refuses every push that it judges (law 2), also the one that would take it away. So one
question is asked in three places: by the gate `spec` at the push that brings a gate, by the doctor, and by `gitcorpus
spec check` in the repository of a server. The answer comes from trying: what a gate starts is looked for in the room
in which it would run.
"""

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.formatters import KNOWN as FORMATTERS
from gitcorpus.gates.formatters import Formatter, Text, formatted, formatters_of
from gitcorpus.gates.trial import Need, Work, is_program, needs_of
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration, Stage
from gitcorpus.model.finding import Finding
from gitcorpus.model.language import ENDINGS, KNOWN, NAMES
from gitcorpus.model.server import Server, Tool
from gitcorpus.model.spec import Spec
from gitcorpus.sandbox import Job, Limits, run_job
from gitcorpus.sandbox.identity import is_file
from gitcorpus.spec.globs import matches
from gitcorpus.spec.layout import LayoutMatcher, Located
from gitcorpus.spec.sources import SpecSource

SECONDS: Final = 20.0
"""Most seconds of one look into the room; what takes longer is not held against a gate."""
ROOM: Final = "sandbox"
"""The key of a room that does not stand, which the doctor tells by itself."""
RUNNING: Final = frozenset({"build", "command", "coverage", "format", "mutation", "tests"})
"""The gates that start programs."""
_SETUP: Final = frozenset({"formatter-missing", "formatter-version", "formatter-failed", "formatter-unclear"})
_WORK: Final = {"build": Work.BUILD, "tests": Work.TESTS, "coverage": Work.MEASURED}
_MUTMUT: Final = ("python3", "python3:mutmut", "python3:pytest")
_PYTHON: Final = "python"
_INSTALL: Final = (
    "an administrator installs it, or mounts it: `sandbox:` in gitcorpus/server.yaml; or narrow the gate by "
    "`languages`"
)
_PROBE: Final = r"""
for word in "$@"; do
  case $word in
    python3:*) python3 -c 'import sys, importlib.util as u; sys.exit(u.find_spec(sys.argv[1]) is None)' \
      "${word#python3:}" ;;
    *'*'*) ls -d $word ;;
    *) found=$(command -v -- "$word") && case $found in */*) [ -x "$found" ] && [ ! -d "$found" ] ;; esac ;;
  esac >/dev/null 2>&1 || printf '%s\0' "$word"
done
"""
"""Prints the words that are not there: programs, modules of Python, and patterns of files."""


class Lack(NamedTuple):
    """Why a gate cannot answer; of two specs, what has the same key is the same reason."""

    key: str
    sentence: str
    hint: str


class Ability:
    """What one server can answer, for the languages of one corpus. What was tried once is known."""

    def __init__(self, server: Server, spec: Spec, paths: Sequence[str] = ()) -> None:
        """Take a server's file, the specs, and the paths of the tree, whose solutions have languages."""
        self._server = server
        self._spec = spec
        self._paths = paths
        self._absent: dict[str, bool] = {}
        self._formatters: dict[tuple[Formatter, str], UnjudgedError | None] = {}

    def lacks(self, declaration: Declaration) -> Iterator[Lack]:
        """Yield each reason for which a gate cannot answer pushes here."""
        if declaration.when is Stage.RELEASE:
            return
        yield from self._budget(declaration)
        if declaration.uses in RUNNING:
            try:
                yield from self._programs(declaration)
            except UnjudgedError as error:  # the room does not stand
                yield Lack(ROOM, error.sentence, error.hint)

    def _budget(self, declaration: Declaration) -> Iterator[Lack]:
        budget, server = declaration.budget_seconds, self._server
        if budget is not None and budget > server.max_seconds and not server.slow_lane:
            hint = (
                f"write `budget: {server.max_seconds}s` or less, or an administrator raises `limits.seconds`"
            )
            if server.flavour.owns_hooks:
                hint += " or sets `slow_lane: true` in gitcorpus/server.yaml"
            sentence = f"it may take {budget} s, and a push has {server.max_seconds} s on this server"
            yield Lack("budget", sentence, hint)

    def _programs(self, declaration: Declaration) -> Iterator[Lack]:
        if declaration.uses == "command":
            yield from self._tool(declaration)
        elif declaration.uses == "format":
            yield from self._formatting(declaration)
        else:
            yield from self._needed(declaration)

    def _tool(self, declaration: Declaration) -> Iterator[Lack]:
        name = str(declaration.parameters.get("tool", ""))
        tool = self._server.tool(name)
        if tool is None:
            hint = f"an administrator first names its program under `tools:` in gitcorpus/server.yaml: {name}"
            yield Lack(f"tool {name}", f"the server has no tool `{name}`", hint)
        elif not self._starts(tool):
            sentence = f"the program of the tool `{name}` is not there: {tool.command[0]}"
            hint = "an administrator installs it, or mends `tools:` in gitcorpus/server.yaml"
            yield Lack(f"tool {name}", sentence, hint)

    def _starts(self, tool: Tool) -> bool:
        program = Path(tool.command[0])
        if tool.unsandboxed or self._server.sandbox.unconfined:
            return is_file(program) and os.access(program, os.X_OK)
        return not self._missing([str(program)])

    def _formatting(self, declaration: Declaration) -> Iterator[Lack]:
        added = self._spec.corpus.layout.languages
        try:
            found = formatters_of(declaration, KNOWN | {*added.values()})
        except UnjudgedError as error:
            yield Lack("formatters", error.sentence, error.hint)
            return
        pairs = [*ENDINGS.items(), *NAMES.items(), *added.items()]
        names = {language: name for name, language in reversed(pairs)}
        for language, formatter in found.items():
            if declaration.languages and language not in declaration.languages:
                continue
            words = [word for word in (formatter.program, *formatter.needs) if is_program(word)]
            missing = self._missing(words)
            for word in words:
                if word in missing:
                    sentence = f"the sandbox has no `{word}`, which formats {language}"
                    yield Lack(f"program {word}", sentence, _INSTALL)
            fault = None if missing else self._formats(formatter, names[language])
            if fault is not None and fault.code in _SETUP:
                key = f"formatter {language} {' '.join(formatter.words)} {formatter.version}"
                yield Lack(key, f"{language}: {fault.sentence}", fault.hint)

    def _formats(self, formatter: Formatter, name: str) -> UnjudgedError | None:
        """Return what keeps a formatter from formatting a file without contents, or none.

        A command of the specs' own is not run before it has landed, and nothing where no room shuts it in.
        """
        if formatter.name not in FORMATTERS or self._server.sandbox.unconfined:
            return None
        if (formatter, name) not in self._formatters:
            text = Text(f"file{name}" if name.startswith(".") else name, formatter.sample.encode())
            self._formatters[formatter, name] = None
            try:
                formatted(formatter, [text], seconds=SECONDS, sandbox=self._server.sandbox)
            except UnjudgedError as error:
                self._formatters[formatter, name] = error
        return self._formatters[formatter, name]

    def _needed(self, declaration: Declaration) -> Iterator[Lack]:
        """Yield what the programs that build, test and mutate solutions lack."""
        needs = tuple(self._needs(declaration))
        missing = self._missing([need.word for need in needs])
        for need in needs:
            if need.word in missing:
                named = need.word.removeprefix("python3:")
                spoken = f", which solutions in {need.language} need" if need.language else ""
                yield Lack(f"program {need.word}", f"the sandbox has no `{named}`{spoken}", _INSTALL)

    def _needs(self, declaration: Declaration) -> Iterator[Need]:
        languages = self._languages(declaration)
        if declaration.uses != "mutation":
            work = _WORK[declaration.uses]
            if work is Work.TESTS and any(each.uses == "coverage" for each in self._spec.gates):
                work = Work.MEASURED
            yield from needs_of(declaration, languages, work)
        elif "run" in declaration.parameters:
            yield from needs_of(declaration, languages, Work.TESTS)
        elif _PYTHON in languages:
            yield from (Need(word, _PYTHON) for word in _MUTMUT)

    def _languages(self, declaration: Declaration) -> frozenset[str]:
        """Return the languages in which there are solutions that a gate judges, or tasks for such."""
        in_tree = {
            language
            for path, language in self._located
            if not declaration.paths or any(matches(pattern, path) for pattern in declaration.paths)
        }
        found = in_tree if declaration.paths else in_tree | self._taken
        return frozenset(found & {*declaration.languages} if declaration.languages else found)

    @cached_property
    def _matcher(self) -> LayoutMatcher:
        return LayoutMatcher(self._spec, discovers=True)

    @cached_property
    def _taken(self) -> frozenset[str]:
        """The languages that tasks take, listed ones and those that units discover in the tree."""
        found = (self._matcher.discoverer.task_at(path) for path in self._paths)
        tasks = (*self._spec.tasks, *(each.task for each in found if each is not None))
        return frozenset(language for task in tasks for language in task.languages)

    @cached_property
    def _located(self) -> tuple[tuple[str, str], ...]:
        """The sources and tests of the tree, each with its language."""
        matcher = self._matcher
        located = ((path, matcher.locate(path)) for path in self._paths)
        return tuple(
            (path, each.language)
            for path, each in located
            if isinstance(each, Located) and each.language and each.role in (Role.SOURCE, Role.TEST)
        )

    def _missing(self, words: Sequence[str]) -> frozenset[str]:
        """Return which of some words the room does not have.

        Raises:
            UnjudgedError: sandbox-missing or sandbox-failed.
        """
        new = [word for word in dict.fromkeys(words) if word not in self._absent]
        if new:
            run = run_job(
                Job(command=("/bin/sh", "-c", _PROBE, "sh", *new)),
                files=(),
                limits=Limits(seconds=SECONDS, memory_bytes=None),
                sandbox=self._server.sandbox,
            )
            said = run.stdout.decode("utf-8", "surrogateescape").split("\0")
            self._absent |= {word: word in said for word in new}
        return frozenset(word for word in words if self._absent[word])


def tree_paths(source: SpecSource) -> tuple[str, ...]:
    """Return the paths of the tree that specs stand in; none of one that has more than can be listed."""
    try:
        return tuple(source.paths())
    except UnjudgedError:
        return ()


def ability_findings(
    spec: Spec, server: Server, paths: Sequence[str], before: Spec | None = None
) -> Iterator[Finding]:
    """Yield a finding for each gate that cannot answer on a server, at the place that brings the gate in.

    With `before`, only what is worse than there: a corpus that is locked can be mended piece by piece.
    """
    now = Ability(server, spec, paths)
    then = Ability(server, before, paths) if before is not None else None
    earlier = {each.id: each for each in before.gates} if before is not None else {}
    for declaration in spec.gates:
        lacks = tuple(now.lacks(declaration))
        old = earlier.get(declaration.id)
        known = (
            {lack.key for lack in then.lacks(old)}
            if lacks and then is not None and old is not None
            else set()
        )
        for lack in lacks:
            if lack.key not in known:
                yield Finding(
                    code="gate-cannot-answer",
                    place=declaration.brought_at or declaration.place,
                    sentence=f"the gate `{declaration.id}` would give no answer here: {lack.sentence}",
                    hint=lack.hint,
                )
