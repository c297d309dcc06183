"""The gate `command`: a program that the server names looks at the files and has nothing to say.

A lead declares the gate, and an administrator says under `tools:` in `gitcorpus/server.yaml` which program stands
behind the name: no spec starts a program by itself. The program runs in the sandbox with the files, once for the push,
and writes what it found to its standard output: as SARIF 2.1.0, as JUnit XML, or as lines of
`path:line: message`.

What it said of the same files is known while the program and what is installed beside it are as they were.

A program that is not there, takes longer than the declaration's `budget` (10 s if there is none), writes something
else, or ends in another way than the declaration says, leaves the push unjudged.
"""

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil, inf
from signal import Signals
from time import monotonic
from typing import Final

from gitcorpus.canon import digest_value
from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.gates.solutions import given_files, touched_roots
from gitcorpus.gates.tool_output import OutputError, Remark, parse_junit, parse_lines, parse_sarif
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.server import Tool
from gitcorpus.model.tree import TreeEntry
from gitcorpus.sandbox import Ending, Job, Limits, ToolRun, run_job
from gitcorpus.sandbox.identity import program_identity, room_identity

SECONDS: Final = 10
EXITS: Final = (0, 1)
PARSERS: Final[Mapping[str, Callable[[bytes], tuple[Remark, ...]]]] = {
    "sarif": parse_sarif,
    "junit": parse_junit,
    "lines": parse_lines,
}
_PROCESSORS: Final = 8
"""A tool may keep so many processors busy."""
_GREP: Final = Tool(
    name="no-print", command=("/bin/sh", "-c", "grep -rn 'print(' . || test $? = 1"), unsandboxed=True
)
_LINES: Final = {"tool": "no-print", "output": "lines"}


class CommandGate:
    """Runs one of the server's tools on the changed files, on their solutions, or on the whole tree."""

    name = "command"
    version = "2"
    reads = Reads.SOLUTION
    waits = True
    """It waits for another process."""
    accepted = (
        Example(
            title="a tool that finds nothing",
            files={"corpus/basics/add/north/add.py": "x = 1\n"},
            parameters=_LINES,
            tools=(_GREP,),
        ),
    )
    refused = (
        Example(
            title="a tool that writes `path:line:` and what it found",
            files={"corpus/basics/add/north/add.py": "x = 1\nprint(x)\n"},
            parameters=_LINES,
            tools=(_GREP,),
            codes=("tool-finding",),
        ),
    )

    def has_work(self, candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
        """Tell whether the push changes a file that it is declared for."""
        del changed
        return any(True for _ in _entries(candidate, declaration))

    def subjects(self, candidate: Candidate, declaration: Declaration) -> Mapping[str, tuple[Oid, Facts]]:
        """Return all that the tool is given as one subject, with the tool and the room that it runs in."""
        given = sorted({(ascii(each.path), each.oid, each.mode) for each in _entries(candidate, declaration)})
        tool = candidate.server.tool(str(declaration.parameters.get("tool", "")))
        if not given:
            return {}
        sandbox = candidate.server.sandbox
        words: Facts = (*tool.command, tool.unsandboxed, tool.memory_bytes) if tool else ()
        program = program_identity(tool.command[0], sandbox) if tool else ""
        files = Oid(digest_value([list(each) for each in given]))
        return {"": (files, (candidate.update.ref, room_identity(sandbox), program, *words))}

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Run the tool, unless there is nothing for it to look at, and say what it said."""
        given = {entry.path: entry for entry in _entries(candidate, declaration)}
        if not given:
            return
        tool = _tool(candidate, declaration)
        sandbox = candidate.server.sandbox
        run = run_job(
            Job(command=tool.command),
            files=given_files(candidate, given.values()),
            limits=_limits(candidate, tool, declaration),
            sandbox=replace(sandbox, unconfined=True) if tool.unsandboxed else sandbox,
        )
        for remark in _remarks(run, tool, declaration):
            yield _finding(remark, run, given, Place(path=candidate.update.ref))


def _tool(candidate: Candidate, declaration: Declaration) -> Tool:
    """Return the tool that a declaration names.

    Raises:
        UnjudgedError: tool-unknown.
    """
    name = str(declaration.parameters.get("tool", ""))
    tool = candidate.server.tool(name)
    if tool is None:
        hint = f"an administrator names its program under `tools:` in gitcorpus/server.yaml: {name}"
        raise UnjudgedError("tool-unknown", f"the server has no tool `{name}`", hint=hint)
    return tool


def _limits(candidate: Candidate, tool: Tool, declaration: Declaration) -> Limits:
    """Return the limits of one run; all runs of one push end when the push's time ends.

    Raises:
        UnjudgedError: tool-out-of-time.
    """
    left = inf if candidate.ends is None else candidate.ends - monotonic()
    seconds = min(declaration.budget_seconds or SECONDS, left)
    if seconds <= 0:
        sentence = f"there was no time left for `{tool.name}`"
        raise UnjudgedError("tool-out-of-time", sentence, hint="push in smaller parts")
    return Limits(
        seconds=seconds, processor_seconds=ceil(_PROCESSORS * seconds), memory_bytes=tool.memory_bytes
    )


def _entries(candidate: Candidate, declaration: Declaration) -> Iterator[TreeEntry]:
    """Yield the regular files that the tool is given; none if the declaration concerns nothing of the push."""
    if candidate.snapshot is None or not (candidate.files or candidate.deleted):
        return
    wanted = declaration.parameters.get("files", "changed")
    whole = wanted == "tree"
    found = candidate.snapshot.entries(limit=candidate.most_entries) if whole else candidate.files
    yield from (entry for entry in found if entry.is_regular)
    for root in touched_roots(candidate) if wanted == "solution" else ():
        yield from (entry for entry in candidate.snapshot.entries(root) if entry.is_regular)


def _remarks(run: ToolRun, tool: Tool, declaration: Declaration) -> tuple[Remark, ...]:
    """Return what a tool said, if it is sure that it has said all of it.

    Raises:
        UnjudgedError: if it is not.
    """
    _check_ending(run, tool, declaration)
    output = str(declaration.parameters.get("output", ""))
    try:
        remarks = PARSERS[output](run.stdout)
    except (OutputError, KeyError) as error:
        sentence = f"`{tool.name}` did not write {output}: {error.args[0]}"
        hint = f"the gate {declaration.id} says `output: {output}`; see the options of the tool"
        raise UnjudgedError("tool-output", sentence, hint=hint) from error
    if run.code != 0 and not remarks:
        sentence = f"`{tool.name}` ended with {run.code} and found nothing{_said(run)}"
        raise UnjudgedError(
            "tool-silent", sentence, hint="the tool failed; an administrator tries it by hand"
        )
    return remarks


def _check_ending(run: ToolRun, tool: Tool, declaration: Declaration) -> None:
    """Refuse to read the output of a run that did not come to its proper end."""
    name, hint = f"`{tool.name}`", "an administrator tries the tool by hand"
    match run.ending:
        case Ending.NOT_STARTED:
            sentence = f"{name} cannot be started: {tool.command[0]}: {os.strerror(run.code)}"
            raise UnjudgedError(
                "tool-missing", sentence, hint="an administrator installs it, or mends `tools:`"
            )
        case Ending.OUT_OF_TIME:
            sentence = f"{name} took all of its {declaration.budget_seconds or SECONDS} s"
            raise UnjudgedError(
                "tool-out-of-time", sentence, hint="push in smaller parts, or raise `budget:`"
            )
        case Ending.OUT_OF_MEMORY | Ending.TOO_MANY_PROCESSES:
            much = "memory" if run.ending is Ending.OUT_OF_MEMORY else "processes"
            raise UnjudgedError("tool-killed", f"{name} took more {much} than it may", hint=hint)
        case Ending.FLOODED:
            raise UnjudgedError("tool-flood", f"{name} wrote more than anybody reads", hint=hint)
        case Ending.KILLED:
            sentence = f"{name} was killed by {_signal(run.code)}; time, memory or room may have run out"
            raise UnjudgedError("tool-killed", sentence, hint=hint)
        case Ending.EXITED:
            _check_exit(run, name, declaration)


def _check_exit(run: ToolRun, name: str, declaration: Declaration) -> None:
    if run.code not in _exits(declaration):
        hint = (
            "an administrator tries the tool by hand; the gate's `exit:` names the codes of work that is done"
        )
        raise UnjudgedError("tool-exit", f"{name} ended with {run.code}{_said(run)}", hint=hint)
    if run.left_out:
        sentence = f"{run.left_out} files have paths that {name} cannot be given"
        raise UnjudgedError("tool-files-left-out", sentence, hint="rename them: git mv")


def _exits(declaration: Declaration) -> tuple[object, ...]:
    declared = declaration.parameters.get("exit")
    return tuple(declared) if isinstance(declared, list) else EXITS


def _signal(number: int) -> str:
    return Signals(number).name if number in tuple(Signals) else f"the signal {number}"


def _said(run: ToolRun) -> str:
    """Return the last line of a tool's standard error, to be put after a sentence."""
    lines = run.stderr.decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1].strip()[:200]}" if lines else ""


def _finding(remark: Remark, run: ToolRun, given: Mapping[str, TreeEntry], elsewhere: Place) -> Finding:
    """Turn a remark into a finding at its file, or at the ref if it is about no file that the tool was given."""
    said = f"{remark.code}: {remark.sentence}" if remark.code else remark.sentence
    path = posixpath.normpath(remark.path.removeprefix(f"{run.folder}/")) if remark.path else ""
    if path in given:
        place = Place(path=path, line=remark.line, column=remark.column if remark.line else None)
    else:
        place = elsewhere
        said = f"{_shown_path(remark.path)}: {said}" if remark.path else said
    said = said.replace(f"{run.folder}/", "")
    hint = "run the tool on your files before you push"
    return Finding(code="tool-finding", place=place, sentence=said, hint=hint, severity=remark.severity)


def _shown_path(path: str) -> str:
    return path[:200].encode("utf-8", "replace").decode("utf-8")
