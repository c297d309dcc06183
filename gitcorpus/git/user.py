"""Who the user of this machine is to git: the name and the address that their next commit would bear."""

from pathlib import Path
from typing import NamedTuple

import pygit2


class User(NamedTuple):
    """A name and an address; either may be empty."""

    name: str
    email: str


def configured_user(folder: Path) -> User:
    """Read `user.name` and `user.email` as git would in a folder, which need not be a repository."""
    config = _config(folder)
    return User(_setting(config, "user.name"), _setting(config, "user.email"))


def _config(folder: Path) -> pygit2.Config:
    found = pygit2.discover_repository(str(folder)) if folder.is_dir() else None
    if found is not None:
        return pygit2.Repository(found).config
    try:
        return pygit2.Config.get_global_config()
    except OSError:
        return pygit2.Config()


def _setting(config: pygit2.Config, name: str) -> str:
    try:
        return config[name] or ""
    except KeyError:
        return ""
