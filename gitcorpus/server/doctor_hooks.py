"""Do our hooks stand, would git run them, and can their interpreter judge?"""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.command import run_git
from gitcorpus.model.finding import Finding
from gitcorpus.server import record
from gitcorpus.server.asking import is_current
from gitcorpus.server.hooks import (
    ASKING,
    ORDINARY,
    Program,
    hook_names,
    hook_path,
    hook_text,
    is_ours,
    is_there,
    silent_hooks,
)
from gitcorpus.server.patient import Patient

PROBE = "gitcorpus-probe"


def check_hooks(patient: Patient) -> Iterator[Finding]:
    """Find hooks that are missing, not ours, edited, or would be skipped by git in silence."""
    record.read_record(patient.git_dir)
    for name in hook_names(patient.server):
        yield from _check_hook(patient, name)
    yield from _check_asking(patient)
    for path in silent_hooks(patient.git_dir) if patient.flavour.owns_hooks else ():
        sentence = "this hook was there before gitcorpus; it is not executable, so it does not run"
        yield patient.note("hook-silent", path, sentence, f"chmod +x {shlex.quote(str(path))}, or remove it")


def check_interpreter(patient: Patient) -> Iterator[Finding]:
    """Let git start each hook's interpreter as it starts the hook, and ask it for its gitcorpus."""
    names = [name for name in hook_names(patient.server) if name in ORDINARY]
    programs = {_program(_path(patient, name), patient.program.version) for name in names}
    for program in sorted(program for program in programs if program is not None):
        if not is_there(Path(program.python)):
            sentence = f"the hooks run {program.python}, which is not there"
            yield patient.fault("interpreter-missing", program.python, sentence, patient.install)
        else:
            yield from _probe(patient, program)
        if program[:2] != patient.program[:2] and _wanted(patient)[:2] != program[:2]:
            sentence = f"the hooks run another gitcorpus than this command, {patient.program.python}"
            yield patient.note("hooks-other-program", program.python, sentence, patient.install)


def _check_hook(patient: Patient, name: str) -> Iterator[Finding]:
    path = _path(patient, name)
    if not is_there(path):
        yield patient.fault(
            "hook-missing", path, "the hook is not there, so git asks nobody", patient.install
        )
    elif not is_ours(path):
        yield patient.fault("hook-foreign", path, "this hook is not gitcorpus'", patient.install)
    else:
        if path.read_bytes() != _expected(patient, name):
            yield patient.fault("hook-edited", path, "the hook is not as it was installed", patient.install)
        if not os.access(path, os.X_OK):
            sentence = "the hook is not executable, so git skips it and takes every push"
            yield patient.fault("hook-not-executable", path, sentence, f"chmod +x {shlex.quote(str(path))}")
        if path.stat().st_mode & 0o022:
            sentence = "others than its owner may write the hook"
            yield patient.fault("hook-writable", path, sentence, f"chmod go-w {shlex.quote(str(path))}")


def _check_asking(patient: Patient) -> Iterator[Finding]:
    path = patient.git_dir / ASKING
    if not is_there(path):
        return
    if not is_current(path):
        sentence = "it was built by another version of gitcorpus, or by another program"
        yield patient.note("asking-old", path, sentence, f"{patient.install}, or remove the file")
    if path.lstat().st_mode & 0o022:
        sentence = "others than its owner may write what the hook runs"
        yield patient.fault("hook-writable", path, sentence, f"chmod go-w {shlex.quote(str(path))}")


def _path(patient: Patient, name: str) -> Path:
    return hook_path(patient.git_dir, name, patient.flavour)


def _expected(patient: Patient, name: str) -> bytes:
    """Return a hook's text as the program that the hooks run would install it, for the server's file as it is."""
    found = _program(_path(patient, "pre-receive"), patient.program.version)
    program = found or patient.program
    return hook_text(program.serving(patient.server) if patient.server else program, name)


def _program(path: Path, version: str) -> Program | None:
    """Read from a hook of ours what it starts; the version is the one that it should have."""
    if not is_ours(path):
        return None
    last = os.fsdecode(path.read_bytes()).rstrip("\n").rpartition("\n")[2]
    try:
        words = shlex.split(last)
    except ValueError:
        return None
    scripts = [Path(word) for word in words if word.endswith((".py", ".sh"))]
    if words[:1] != ["exec"] or len(words) < len(("exec", "python")) or not scripts:
        return None
    return Program(python=words[1], scripts=scripts[0].parent, version=version)


def _wanted(patient: Patient) -> Program:
    return patient.program.serving(patient.server) if patient.server else patient.program


def _probe(patient: Patient, program: Program) -> Iterator[Finding]:
    try:
        with TemporaryDirectory(prefix=".probe-", dir=patient.git_dir / "gitcorpus") as folder:
            script = Path(folder, PROBE)
            command = program.judge("probe", program.version)
            script.write_bytes(os.fsencode(f"#!/bin/sh\nexec {command}\n"))
            script.chmod(0o700)
            run_git(patient.git_dir, "-c", f"core.hooksPath={folder}", "hook", "run", PROBE)
    except UnjudgedError as error:
        sentence = f"the hooks' interpreter cannot judge: {error.sentence.partition(': ')[2]}"
        hint = f"install gitcorpus {program.version} for it, or {patient.install}"
        yield patient.fault("interpreter-broken", program.python, sentence, hint)
    except OSError as error:
        sentence = f"the interpreter could not be asked: {error.strerror}"
        yield patient.fault("not-writable", patient.git_dir / "gitcorpus", sentence, "run it as the owner")
