"""Puts gitcorpus into a bare repository, and takes it out again.

Installing twice changes nothing. What was there before is recorded first, so that an interrupted installation
can be finished or taken back.
"""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows.anchored import anchor, lost_entries
from gitcorpus.flows.policy import policy_at
from gitcorpus.git.anchors import REF, anchor_oid, read_anchor
from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind, Json
from gitcorpus.model.server import Flavour, Server
from gitcorpus.secrets.engine import keep_rules
from gitcorpus.server import administration, asking, record
from gitcorpus.server.administration import Wishes
from gitcorpus.server.flavours import terms_of
from gitcorpus.server.hooks import (
    NAMES,
    Program,
    hook_names,
    hook_path,
    hook_text,
    is_ours,
    place_among,
    place_hook,
    refuse_managed,
    remove_among,
    remove_hook,
    write_whole,
)
from gitcorpus.server.record import Record
from gitcorpus.server.settings import harden, hooks_elsewhere, read_values, soft_settings, soften

_BRANCH: Final = "refs/heads/"
_WISHED: Final = "--policy-branch says so"
_MOST_BRANCHES: Final = 50
"""Branches whose specs are read to find the policy branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installer:
    """Which gitcorpus is installed, by whom and when."""

    program: Program
    account: str | None
    now: datetime
    compilers: tuple[str, ...] = ()
    """C compilers, of which the first that is there builds what asks the gatekeeper; none leaves that to Python."""


def install(path: Path, wishes: Wishes, installer: Installer) -> tuple[str, ...]:
    """Install into a repository, which is made if there is none; return what was done.

    Raises:
        GitcorpusError: not-a-repository, not-bare, not-writable, hooks-elsewhere, hooks-managed,
            server-file-exists, no-admin, no-slow-lane, bad-branch, policy-branch-differs.
    """
    with _writing(path):
        return tuple(_install(path, wishes, installer))


def _install(path: Path, wishes: Wishes, installer: Installer) -> list[str]:
    done = []
    if wishes.policy_branch is not None:
        wishes = replace(wishes, policy_branch=_branch(wishes.policy_branch))
    if (wishes.flavour or Flavour.PLAIN).owns_hooks:  # the other servers make their repositories
        done += make_repository(path, wishes.policy_branch or f"{_BRANCH}main")
    git_dir = bare_repository(path)
    keep_rules()
    before = record.read_record(git_dir)
    server, text, why = _server(git_dir, wishes, installer)
    _refuse_unfit(git_dir, server, installed=before is not None)
    soft = {setting.name: values for setting, values in soft_settings(git_dir, server)}
    if before is None or not soft.keys() <= before.previous.keys():
        known = before or Record(has_ledger=Ledger.of(git_dir).exists)
        record.write_record(
            git_dir, Record(previous=soft | dict(known.previous), has_ledger=known.has_ledger)
        )
    if text is not None:
        write_whole(git_dir / administration.PATH, text, mode=0o644)
        done.append(f"wrote {administration.PATH}")
        done += _told(git_dir, server, why)
    changed = harden(git_dir, server)
    if changed:
        done.append(f"set {', '.join(changed)}")
    for name in hook_names(server):
        done += _place(git_dir, name, server, installer)
    done += asking.build(git_dir, server, installer.compilers)
    ledger = Ledger.of(git_dir)
    if done or not ledger.exists:
        done += _record(git_dir, ledger, server, installer)
        note = terms_of(server.flavour).note
        done += [f"note: {note}"] if note else []
    return done


def _record(git_dir: Path, ledger: Ledger, server: Server, installer: Installer) -> list[str]:
    """Record the installation; where a repository comes with a reference to a ledger and without it, openly."""
    known = record.read_record(git_dir) or Record()
    body, notes = installed_body(git_dir, server, installer), []
    named = read_anchor(Repo.open(git_dir)) if not known.has_ledger and not ledger.exists else None
    if named is not None:
        body["begins"] = {
            "after": {"number": named.number, "digest": named.digest},
            "anchor": anchor_oid(git_dir),
        }
        notes = [
            f"note: {REF} names entry {named.number} of a ledger that is not here; a new one was begun, and says so",
            "note: if there is a backup of gitcorpus/, put it back before the first push",
        ]
    entry = ledger.append(EntryKind.INSTALLED, body, now=installer.now, begins=not known.has_ledger)
    if not known.has_ledger:
        record.write_record(git_dir, replace(known, has_ledger=True))
    anchor(git_dir)
    return [f"recorded in the ledger as {entry.short}", *notes]


def begin(path: Path, reason: str, installer: Installer) -> Entry:
    """Let the ledger of an installed repository go on openly where entries were lost.

    Raises:
        GitcorpusError: not-a-repository, not-bare, not-installed, ledger-whole.
        UnjudgedError: if the server's file does not load, or the ledger cannot be written.
    """
    git_dir = bare_repository(path)
    repo = shlex.quote(str(path))
    if record.read_record(git_dir) is None:
        hint = f"gitcorpus server install {repo}"
        raise GitcorpusError("not-installed", "gitcorpus is not installed here", place=str(path), hint=hint)
    ledger = Ledger.of(git_dir)
    if not lost_entries(git_dir):
        hint = f"nothing to do; the newest entries: gitcorpus ledger show {repo}"
        raise GitcorpusError(
            "ledger-whole", "no entry is lost, so nothing begins anew", place=str(path), hint=hint
        )
    body = installed_body(git_dir, administration.load_server(git_dir), installer)
    body |= {"reason": reason, "begins": {"anchor": anchor_oid(git_dir)}}
    entry = ledger.begin(body, now=installer.now)
    anchor(git_dir)
    return entry


def _place(git_dir: Path, name: str, server: Server, installer: Installer) -> list[str]:
    text = hook_text(installer.program.serving(server), name)
    if server.flavour.owns_hooks:
        return place_hook(git_dir, name, text)
    return place_among(hook_path(git_dir, name, server.flavour), text)


def uninstall(path: Path) -> tuple[str, ...]:
    """Take the hooks and the settings out again; return what was done.

    Raises:
        GitcorpusError: not-a-repository, not-bare, not-writable, not-installed, record-broken.
    """
    git_dir = bare_repository(path)
    before = record.read_record(git_dir)
    if before is None:
        hint = f"gitcorpus server install {shlex.quote(str(path))}"
        raise GitcorpusError("not-installed", "gitcorpus is not installed here", place=str(path), hint=hint)
    _refuse_read_only(git_dir)
    with _writing(git_dir):
        return tuple(_uninstall(git_dir, before))


def _uninstall(git_dir: Path, before: Record) -> list[str]:
    done = list(_remove(git_dir, _flavour(git_dir)))
    changed = soften(git_dir, before.previous)
    restored = [name for name in before.previous if name not in changed]
    done += [f"put back {', '.join(restored)}"] if restored else []
    done += [f"left {name} alone: it was changed after the installation" for name in changed]
    (git_dir / record.PATH).unlink()
    return [*done, f"kept gitcorpus/ledger and {administration.PATH}: what was decided stays known"]


def _remove(git_dir: Path, flavour: Flavour) -> Iterator[str]:
    for name in NAMES if flavour.owns_hooks else terms_of(flavour).places:
        if flavour.owns_hooks:
            yield from remove_hook(git_dir, name)
        else:
            yield from remove_among(hook_path(git_dir, name, flavour))
    yield from asking.remove(git_dir)


def _flavour(git_dir: Path) -> Flavour:
    """Return where the hooks stand; a file that does not load is no reason to leave them there."""
    try:
        return administration.load_server(git_dir).flavour
    except UnjudgedError:
        found = (flavour for flavour in Flavour if is_ours(hook_path(git_dir, "pre-receive", flavour)))
        return next(found, Flavour.PLAIN)


def make_repository(path: Path, policy_branch: str) -> list[str]:
    """Make a bare repository where there is nothing yet."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        return []
    branch = policy_branch.removeprefix(_BRANCH)
    path.mkdir(parents=True, exist_ok=True)
    run_git(path.absolute(), "init", "--quiet", "--bare", f"--initial-branch={branch}")
    return [f"made the bare repository {path}"]


def bare_repository(path: Path) -> Path:
    """Return the git directory of a bare repository.

    Raises:
        GitcorpusError: not-a-repository; repository-not-owned; not-bare, if it has a work tree.
    """
    git_dir = Repo.open(path).path
    if read_values(git_dir, "core.bare")[-1:] != ("true",):
        raise GitcorpusError(
            "not-bare",
            "this repository has a work tree, and people do not push into those",
            place=str(path),
            hint=f"give the bare repository that they push to, or make one: git clone --bare {path} NAME.git",
        )
    return git_dir


def _server(git_dir: Path, wishes: Wishes, installer: Installer) -> tuple[Server, bytes | None, str]:
    """Return the server's settings; the text of its file if it has to be written; why its policy branch is that one."""
    wished = wishes.policy_branch
    if (git_dir / administration.PATH).exists():
        server = administration.load_server(git_dir)
        if (
            wished not in (None, server.policy_branch)
            and Repo.open(git_dir).ref(server.policy_branch) is None
        ):
            text = administration.with_policy_branch(git_dir, wished)  # nothing has judged by the other one
            server = replace(server, policy_branch=wished)
        else:
            text = None
        administration.compare(git_dir, server, wishes)
        return server, text, _WISHED
    branch, why = (wished, _WISHED) if wished is not None else find_policy_branch(git_dir)
    server = administration.new_server(wishes, installer.account, policy_branch=branch)
    return server, administration.server_text(server), why


def _told(git_dir: Path, server: Server, why: str) -> Iterator[str]:
    """Say which policy branch was chosen and why, and let HEAD name it where HEAD names no branch that is there."""
    branch = server.policy_branch
    yield f"the policy branch is {branch}: {why}"
    repo, head = Repo.open(git_dir), _head(git_dir)
    if server.flavour.owns_hooks and head != branch and (not head or repo.ref(head) is None):
        run_git(git_dir, "symbolic-ref", "HEAD", branch)
        yield f"HEAD names {branch} now, so that clones check it out"
    if why != _WISHED and repo.ref(branch) is None:
        another = f"gitcorpus server install {shlex.quote(str(git_dir))} --policy-branch NAME"
        yield f"it has no commits yet; if `policy: branch:` of your specs names another: {another}"


def find_policy_branch(git_dir: Path) -> tuple[str, str]:
    """Return the branch whose specs shall judge, where no option names one, and why it is that one.

    Raises:
        GitcorpusError: policy-branch-differs, if the specs of the branch that HEAD names have another one judge.
    """
    repo, head = Repo.open(git_dir), _head(git_dir)
    if head and repo.ref(head) is not None:
        named = _named_by_specs(repo, head)
        if named not in ("", head):
            short = shlex.quote(named.removeprefix(_BRANCH))
            raise GitcorpusError(
                "policy-branch-differs",
                f"HEAD names {head}, and the specs there name the policy branch {named}",
                place=f"{git_dir}/HEAD",
                hint=f"gitcorpus server install {shlex.quote(str(git_dir))} --policy-branch {short}",
            )
        return head, "HEAD names it, and its specs do too" if named else "HEAD names it"
    branches = [name for name in repo.ref_names() if name.startswith(_BRANCH)][:_MOST_BRANCHES]
    own = [name for name in branches if _named_by_specs(repo, name) == name]
    if len(own) == 1:
        return own[0], "its specs name it"
    return head or f"{_BRANCH}main", "HEAD names it" if head else "nothing names another"


def _head(git_dir: Path) -> str:
    """Return the branch that HEAD names, or nothing."""
    name = run_git(git_dir, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).decode().strip()
    return name if name.startswith(_BRANCH) else ""


def _named_by_specs(repo: Repo, branch: str) -> str:
    """Return the policy branch that the specs of a branch name; nothing if there are none that load."""
    tip = repo.resolve(branch)
    policy = policy_at(repo, tip).spec if tip is not None else None
    return f"{_BRANCH}{policy.corpus.policy.branch}" if policy and policy.corpus.policy else ""


def _branch(name: str) -> str:
    """Return the full name of a branch."""
    full = name if name.startswith(_BRANCH) else _BRANCH + name
    if not run_git(Path("/"), "check-ref-format", "--normalize", full, ok=(0, 1)):
        raise GitcorpusError(
            "bad-branch", f"git takes no branch of the name {name}", hint="--policy-branch main"
        )
    return full


def _refuse_unfit(git_dir: Path, server: Server, *, installed: bool) -> None:
    if server.flavour.owns_hooks:
        elsewhere = read_values(git_dir, "core.hooksPath")
        if elsewhere and elsewhere[-1] != "hooks":
            raise hooks_elsewhere(git_dir, elsewhere[-1])
        refuse_managed(git_dir, installed=installed)
    _refuse_read_only(git_dir)


def _refuse_read_only(git_dir: Path) -> None:
    for path in (git_dir, git_dir / "hooks", git_dir / "config", git_dir / "gitcorpus"):
        if path.exists() and not os.access(path, os.W_OK):
            raise _not_writable(path, "Permission denied")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell what could not be written; what was done before it is found and finished by the next attempt."""
    try:
        yield
    except OSError as error:
        raise _not_writable(Path(error.filename or path), error.strerror) from error


def _not_writable(path: Path, why: str | None) -> GitcorpusError:
    hint = "run it as the account that owns the repository: sudo -u OWNER gitcorpus server ..."
    return GitcorpusError("not-writable", f"it cannot be written: {why}", place=str(path), hint=hint)


def installed_body(git_dir: Path, server: Server, installer: Installer) -> dict[str, Json]:
    """Return what the ledger keeps of an installation: above all, where every reference was."""
    return {
        "by": installer.account or "",
        "hooks": list(hook_names(server)),
        "policy_branch": server.policy_branch,
        "admins": list(server.admins),
        "version": installer.program.version,
        "refs": [{"ref": name, "oid": oid} for name, oid in Repo.open(git_dir).refs()],
    }
