"""Installed repositories, with the gitcorpus of this checkout."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from server.installed import NOW, WISHES, settle

from gitcorpus.model.server import Server
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.hooks import Program
from gitcorpus.server.install import Installer, install
from gitcorpus.shipped import shipped_path


@pytest.fixture(scope="session")
def program() -> Program:
    scripts = shipped_path("server_hooks")
    return Program(python=sys.executable, scripts=scripts, version=version("gitcorpus"))


@pytest.fixture(scope="session")
def installer(program: Program) -> Installer:
    return Installer(program=program, account="root", now=NOW)


@pytest.fixture
def installed(forge, installer) -> Path:
    """Return a repository whose hooks judge in their own processes."""
    bare = forge.bare()
    install(bare, WISHES, installer)
    return bare


@pytest.fixture
def warm(forge, installer) -> Iterator[Path]:
    """Give a repository whose hooks ask a gatekeeper."""
    bare = forge.bare("warm.git")
    install(bare, replace(WISHES, gatekeeper=True), installer)
    yield bare
    settle(bare)
    with suppress(OSError, ValueError):
        list(ask(bare / Server().socket, "stop"))
