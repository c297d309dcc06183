"""Installed repositories, with the gitcorpus of this checkout."""

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from gitcorpus.server.administration import Wishes
from gitcorpus.server.hooks import Program
from gitcorpus.server.install import Installer, install
from gitcorpus.shipped import shipped_path

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def program() -> Program:
    entry = shipped_path("server_hooks", "entry.py")
    return Program(python=sys.executable, entry=entry, version=version("gitcorpus"))


@pytest.fixture(scope="session")
def installer(program: Program) -> Installer:
    return Installer(program=program, account="root", now=NOW)


@pytest.fixture
def installed(forge, installer) -> Path:
    bare = forge.bare()
    install(bare, Wishes(admins=("lead",), pusher_variables=("PUSHER",)), installer)
    return bare
