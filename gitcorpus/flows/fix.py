"""The changed files of a work tree, formatted as the gate `format` wants them.

The files and the specs are those of `gitcorpus check`, and the formatters run in the same room. What is formatted and
written is the file as it stands in the work tree, also where the index says which files are meant.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows.check import Asked, bring, candidate_at, find_policy, narrow
from gitcorpus.flows.push import counted, declarations_of
from gitcorpus.gates.base import Candidate
from gitcorpus.gates.format import MAX_BYTES, by_formatter, choose
from gitcorpus.gates.formatters import Formatted, Formatter, Text, formatted
from gitcorpus.gates.runner import concerns, narrowed
from gitcorpus.git.workfile import exchange_work_file, read_work_file
from gitcorpus.git.worktree import Found, WorkTree, tree_path
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.server import Sandbox, Server

GATE: Final = "format"
SECONDS: Final = 300.0
"""Most seconds of one run: nobody else waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file that its formatter writes otherwise."""

    path: str
    patch: str
    """The hunks of a unified diff."""


@dataclass(slots=True, kw_only=True)
class Fixes:
    """What was found, and what was written if it was wanted."""

    headline: str
    changed: list[Change] = field(default_factory=list)
    as_it_was: int = 0
    """How many files were formatted already."""
    left: list[GitcorpusError] = field(default_factory=list)
    """Files that were left as they are, and why."""
    faults: list[UnjudgedError] = field(default_factory=list)
    """Formatters that could not do their work."""


def fix(found: Found, asked: Asked, server: Server, *, write: bool) -> Fixes:
    """Format the files that are asked for, and write them if that is wanted.

    Raises:
        GitcorpusError: no-format-gate, no-work-tree, unborn-head, unrelated-history, shallow-clone, no-such-path or
            index-unmerged.
        UnjudgedError: no-policy, or if there is too much to read.
    """
    judging = find_policy(found.repo, asked.policy, server)
    wanted = frozenset(tree_path(found.work, asked.folder, word) for word in asked.words)
    declared = [each for each in declarations_of(judging.policy) if each.uses == GATE]
    if not declared:
        hint = "a lead declares it in specs/gates.yaml: {id: format, uses: format, with: {formatters: {python: ruff}}}"
        raise GitcorpusError(
            "no-format-gate", f"the specs of {judging.name} declare no gate `format`", hint=hint
        )
    with bring(found, asked, "", judging) as brought:
        candidate = narrow(candidate_at(brought, judging, server, None), wanted, brought.title)
        by = f"the specs of {judging.name} ({judging.commit[:7]})"
        fixes = Fixes(headline=f"formatting {brought.title}, {counted(len(candidate.files), 'file')} by {by}")
        for declaration in declared:
            if found.work is not None and concerns(declaration, candidate):
                _Fixer(found.work, server.sandbox, fixes, write).format(candidate, declaration)
    return fixes


@dataclass(frozen=True, slots=True)
class _Fixer:
    """Formats files of one work tree."""

    work: WorkTree
    sandbox: Sandbox
    fixes: Fixes
    write: bool

    def format(self, candidate: Candidate, declaration: Declaration) -> None:
        """Format what one declaration names, a run for each formatter; one that fails keeps no other from it."""
        try:
            chosen = tuple(choose(narrowed(candidate, declaration), declaration))
        except UnjudgedError as error:
            self.fixes.faults.append(error)
            return
        for formatter, entries in by_formatter(chosen).items():
            texts = tuple(self._texts([entry.path for entry in entries]))
            try:
                answers = formatted(formatter, texts, seconds=SECONDS, sandbox=self.sandbox) if texts else {}
            except UnjudgedError as error:
                self.fixes.faults.append(error)
            else:
                self._settle(formatter, texts, answers)

    def _texts(self, paths: Sequence[str]) -> Iterator[Text]:
        """Read files of the work tree."""
        for path in paths:
            data = read_work_file(self.work.root, path)
            if data is None:
                self._leave(
                    path, "file-not-there", "no regular file stands there, or only behind a link", "ls -l"
                )
            elif len(data) > MAX_BYTES:
                sentence = f"{len(data)} bytes are too many to format; at most {MAX_BYTES}"
                self._leave(path, "too-large-to-format", sentence, "split the file")
            else:
                yield Text(path, data)

    def _settle(self, formatter: Formatter, texts: Sequence[Text], answers: Mapping[str, Formatted]) -> None:
        """Write what is to be written, and tell what became of each file."""
        for text in texts:
            answer = answers[text.path]
            if answer.rejected is not None:
                sentence = f"`{formatter.name}` cannot format it: {answer.rejected}"
                self._leave(text.path, "formatter-rejects", sentence, "mend what it names")
            elif answer.is_unstable:
                sentence = f"`{formatter.name}` would change again what it made of this file"
                hint = "a fault of the formatter; write the place that it turns over in another way"
                self.fixes.faults.append(
                    UnjudgedError("formatter-unstable", sentence, place=text.path, hint=hint)
                )
            elif answer.data is None:
                self.fixes.as_it_was += 1
            else:
                self._change(text, answer.data, answer.patch)

    def _change(self, text: Text, data: bytes, patch: bytes) -> None:
        root = self.work.root
        if self.write and not exchange_work_file(root, text.path, old=text.data, new=data):
            sentence = "somebody changed it while it was formatted"
            self._leave(text.path, "file-changed-meanwhile", sentence, "gitcorpus fix")
            return
        said = patch.decode("utf-8", "replace")
        self.fixes.changed.append(Change(path=text.path, patch=said))

    def _leave(self, path: str, code: str, sentence: str, hint: str) -> None:
        self.fixes.left.append(GitcorpusError(code, sentence, place=path, hint=hint))
