"""The git settings of a repository that receives pushes from people who may be careless or hostile.

A table with a reason for each. `uninstall` puts back what was there before. Automatic gc stays on, since
nobody else would collect; its expiry is pinned, since `gc.pruneExpire=now` deletes what a running push
brought.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.anchors import REF
from gitcorpus.git.command import run_git
from gitcorpus.model.server import Server

_TRUE: Final = frozenset({"true", "yes", "on", "1", ""})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


class Setting(NamedTuple):
    """One setting. `also` are other values that are as good, `any` keeps whatever an administrator chose."""

    name: str
    value: str
    reason: str
    also: tuple[str, ...] = ()
    any: bool = False
    adds: bool = False
    """Whether it is one of several values of that name, which are left alone."""
    after: str = ""
    """A value of that name that it must follow: of several that match, git takes the last one."""

    def holds(self, values: tuple[str, ...]) -> bool:
        """Tell whether the values that a repository has are as good as this one."""
        if self.adds:
            last = {value: at for at, value in enumerate(values)}
            return last.get(self.value, -1) > last.get(self.after, -1)
        if not values:
            return False
        return self.any or _plain(values[-1]) in (self.value, *self.also)


HARDENED: Final = (
    Setting("core.hooksPath", "hooks", "an account-wide hooksPath would switch the hooks off in silence"),
    Setting("core.logAllRefUpdates", "always", "a bare repository keeps no reflog otherwise"),
    Setting(
        "core.fsync", "committed,reference", "git leaves a small push unsynced by default", also=("all",)
    ),
    Setting("core.protectHFS", "true", "paths that are `.git` on other file systems"),
    Setting("core.protectNTFS", "true", "paths that are `.git` on other file systems"),
    Setting("receive.fsckObjects", "true", "malformed objects never land"),
    Setting("transfer.fsckObjects", "true", "malformed objects are not fetched either"),
    Setting("receive.maxInputSize", "512m", "one push cannot fill the disk", any=True),
    Setting("receive.advertisePushOptions", "true", "`git push -o color` and `-o full` reach the hook"),
    Setting("receive.shallowUpdate", "false", "history that is cut off cannot be judged"),
    Setting("receive.hideRefs", "refs/gitcorpus", "nobody pushes into gitcorpus' own refs", adds=True),
    Setting("uploadpack.hideRefs", "refs/gitcorpus", "clones do not carry gitcorpus' own refs", adds=True),
    Setting(
        "uploadpack.hideRefs",
        f"!{REF}",
        "clones check by it that the ledger lost nothing",
        adds=True,
        after="refs/gitcorpus",
    ),
    Setting("uploadpack.allowFilter", "true", "partial clones of a large corpus"),
    Setting("gc.pruneExpire", "2.weeks.ago", "gc must not delete what a running push brought", any=True),
)

PARKING: Final = Setting(
    "receive.procReceiveRefs", "refs", "a push that needs more time is parked by this hook", adds=True
)
"""Only where the server's file has `slow_lane: true`."""


def wanted(server: Server | None) -> tuple[Setting, ...]:
    """Return the settings that a server's file asks for; a server that keeps `hooks/` has its own."""
    if server is not None and not server.flavour.owns_hooks:
        return ()
    return (*HARDENED, PARKING) if server is not None and server.slow_lane else HARDENED


def read_values(git_dir: Path, name: str) -> tuple[str, ...]:
    """Return all values that the repository's own configuration has under a name."""
    data = run_git(git_dir, "config", "--local", "--includes", "--null", "--get-all", name, ok=(0, 1))
    return tuple(data.decode("utf-8", "surrogateescape").split("\0")[:-1])


def soft_settings(git_dir: Path, server: Server | None) -> Iterator[tuple[Setting, tuple[str, ...]]]:
    """Yield the settings that are not as hard as they should be, with the values that are there."""
    for setting in wanted(server):
        values = read_values(git_dir, setting.name)
        if not setting.holds(values) or _prunes_now(setting, values):
            yield setting, values


def harden(git_dir: Path, server: Server) -> dict[str, tuple[str, ...]]:
    """Set what is soft, and return the values that were there before.

    Raises:
        GitcorpusError: hooks-elsewhere, if the repository is told to take its hooks from another folder.
    """
    soft = list(soft_settings(git_dir, server))
    for setting, values in soft:
        if setting.name == "core.hooksPath" and values:
            raise hooks_elsewhere(git_dir, values[-1])
    for setting, _ in soft:
        how = ("--add",) if setting.adds else ("--replace-all",)
        run_git(git_dir, "config", "--local", *how, setting.name, setting.value)
    return {setting.name: values for setting, values in soft}


def soften(git_dir: Path, previous: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Put back what was there before; return the names that were changed since and are left alone."""
    changed = []
    for setting in (*HARDENED, PARKING):
        if setting.name not in previous:
            continue
        if setting.after:
            continue  # with the one that it follows
        values, before = read_values(git_dir, setting.name), previous[setting.name]
        if _without_ours(setting, values, before) != (before if setting.adds else (setting.value,)):
            changed.append(setting.name)
            continue
        run_git(git_dir, "config", "--local", "--unset-all", setting.name)
        for value in before:
            run_git(git_dir, "config", "--local", "--add", setting.name, value)
    return tuple(changed)


def _without_ours(setting: Setting, values: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of a setting without those that were added to the ones before."""
    if not setting.adds:
        return values
    ours = {each.value for each in (*HARDENED, PARKING) if each.name == setting.name} - set(before)
    return tuple(value for value in values if value not in ours)


def hooks_elsewhere(git_dir: Path, folder: str) -> GitcorpusError:
    """Say that git looks for hooks in another folder, so that ours would never run."""
    unset = f"git --git-dir={shlex.quote(str(git_dir))} config --unset-all core.hooksPath"
    return GitcorpusError(
        "hooks-elsewhere",
        f"core.hooksPath is {folder}, so git would not run hooks from here",
        place=str(git_dir / "config"),
        hint=f"move those hooks to {git_dir / 'hooks'}, then {unset}",
    )


def _plain(value: str) -> str:
    """Write the many spellings of yes and no in one way."""
    lowered = value.lower()
    if lowered in _TRUE:
        return "true"
    return "false" if lowered in _FALSE else value


def _prunes_now(setting: Setting, values: tuple[str, ...]) -> bool:
    return setting.name == "gc.pruneExpire" and bool(values) and values[-1].lower() in {"now", "all"}
