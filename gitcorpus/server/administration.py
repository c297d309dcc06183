"""The administrator's own file, `gitcorpus/server.yaml`: written once with comments.

Nothing in it is changed after that but the policy branch, and that only while nothing has judged by it.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.locks import read_regular
from gitcorpus.model.server import Flavour, Server
from gitcorpus.server.flavours import terms_of
from gitcorpus.spec.server import parse_server

PATH: Final = "gitcorpus/server.yaml"
_POLICY_BRANCH: Final = re.compile(rb"^policy_branch:[^\n]*$", re.MULTILINE)

_TEXT: Final = """\
# What the repository must not decide. Only administrators edit this file; no push can reach it.
apiVersion: gitcorpus/v1
kind: Server

# The server that this repository stands in: plain, gitolite, gitea, forgejo, gitlab.
flavour: {flavour}

# The specs at the tip of this branch judge every push.
policy_branch: {policy_branch}

# Pushers who may bring the first specs, and mend specs that do not load.
admins: {admins}

pusher:
  # Environment variables in which the front end names the pusher; the first one that is set counts:
  # REMOTE_USER behind a web server, a variable of your own in a forced command of ssh.
  variables: {variables}
  # Whether the account that runs git names the pusher if no variable does.
  account: {account}

limits:
  # Most paths, folders included, that one push may change; more cannot be judged. A corpus may grow beyond it.
  files: {files}
  # Most references that one push may move.
  refs: {refs}
  # Most seconds that the gates may take for one push; what needs longer is refused as unjudged.
  seconds: {seconds}

gatekeeper:
  # Whether a warm process judges pushes; otherwise each hook does in its own, with the same verdict, a second later.
  # After a change here: gitcorpus server install
  enabled: {gatekeeper}
  # Where it listens. An absolute path may be shared by repositories of one account.
  socket: {socket}

# Whether a push whose gates need more time than it has is parked, and judged after it, instead of refused.
# After a change here: gitcorpus server install
slow_lane: {slow_lane}

# The interpreter that the hooks run, if not the one that installed them.
# python: /opt/gitcorpus/bin/python

# Programs that the gate `command` may run on what is pushed, by the names that specs give them: absolute paths, and
# options that keep a program from reading its settings from the pushed files. `sandbox: none` accepts that a program
# runs with limits and without a sandbox; one that runs what it reads then runs it as the account that runs git.
# tools:
#   ruff: {{command: [/usr/bin/ruff, check, --isolated, --no-cache, --output-format=sarif, .], sandbox: none}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options of `server install` ask for; none where an option was not given."""

    flavour: Flavour | None = None
    policy_branch: str | None = None
    """Full name: `refs/heads/main`."""
    admins: tuple[str, ...] | None = None
    pusher_variables: tuple[str, ...] | None = None
    pusher_account: bool | None = None
    gatekeeper: bool | None = None
    slow_lane: bool | None = None

    def differing(self, server: Server) -> tuple[str, ...]:
        """Return the settings that a server's file has otherwise."""
        pairs = (
            ("flavour", self.flavour, server.flavour),
            ("policy_branch", self.policy_branch, server.policy_branch),
            ("admins", self.admins, server.admins),
            ("pusher.variables", self.pusher_variables, server.pusher_variables),
            ("pusher.account", self.pusher_account, server.pusher_account),
            ("gatekeeper.enabled", self.gatekeeper, server.gatekeeper),
            ("slow_lane", self.slow_lane, server.slow_lane),
        )
        return tuple(name for name, wished, found in pairs if wished is not None and wished != found)


def load_server(git_dir: Path, before: Server | None = None) -> Server:
    """Read a repository's server file.

    Args:
        git_dir: the repository.
        before: what the file said when it was read before; it is not parsed again if its bytes are the same.

    Raises:
        UnjudgedError: server-file-missing, server-file-unreadable or server-file-broken.
    """
    try:
        data = read_regular(git_dir / PATH)
    except FileNotFoundError as error:
        hint = "an administrator runs `gitcorpus server install` again"
        raise UnjudgedError("server-file-missing", "the file is not there", place=PATH, hint=hint) from error
    except OSError as error:
        hint = "it must be a regular file that the account that runs git may read"
        sentence = f"the file cannot be read: {error.strerror}"
        raise UnjudgedError("server-file-unreadable", sentence, place=PATH, hint=hint) from error
    return before if before is not None and before.file_text == data else parse_server(data, PATH)


def with_policy_branch(git_dir: Path, branch: str) -> bytes:
    """Return the text of the file as it is, with another policy branch; its other lines and comments stay.

    Raises:
        GitcorpusError: server-file-exists, if the file does not name its policy branch in a line of its own.
    """
    line = f"policy_branch: {json.dumps(branch, ensure_ascii=False)}".encode()
    text, count = _POLICY_BRANCH.subn(lambda _: line, (git_dir / PATH).read_bytes())
    if count != 1:
        raise GitcorpusError(
            "server-file-exists",
            "the file is there and says otherwise: policy_branch",
            place=str(git_dir / PATH),
            hint=f"write the line there: {line.decode()}",
        )
    return text


def compare(git_dir: Path, server: Server, wishes: Wishes) -> None:
    """Refuse options that an existing file contradicts: it is the administrator's, and only they edit it.

    Raises:
        GitcorpusError: server-file-exists.
    """
    differing = wishes.differing(server)
    if differing:
        raise GitcorpusError(
            "server-file-exists",
            f"the file is there and says otherwise: {', '.join(differing)}",
            place=str(git_dir / PATH),
            hint=f"edit {', '.join(differing)} there, or leave the options out",
        )


def new_server(wishes: Wishes, account: str | None, *, policy_branch: str) -> Server:
    """Return what a new server file says: what was wished, and otherwise what suits the server.

    Raises:
        GitcorpusError: no-admin, no-slow-lane.
    """
    flavour = wishes.flavour or Flavour.PLAIN
    terms = terms_of(flavour)
    if wishes.slow_lane and not flavour.owns_hooks:
        sentence = f"a push can be parked only by the hook proc-receive, which {flavour} keeps for itself"
        raise GitcorpusError("no-slow-lane", sentence, hint="leave --slow-lane out")
    by_account = wishes.pusher_account is not False and not terms.pusher_variables
    admins = wishes.admins or ((account,) if account and by_account else ())
    if not admins:
        raise GitcorpusError(
            "no-admin", "nobody is named who may bring the first specs", hint="give --admin NAME"
        )
    return Server(
        flavour=flavour,
        policy_branch=policy_branch,
        admins=admins,
        pusher_variables=wishes.pusher_variables or terms.pusher_variables,
        pusher_account=by_account,
        max_seconds=terms.seconds,
        gatekeeper=wishes.gatekeeper is not False,
        slow_lane=wishes.slow_lane is True,
    )


def server_text(server: Server) -> bytes:
    """Return the text of a new server file; names are written as JSON, which YAML reads as it is."""
    return _TEXT.format(
        flavour=server.flavour,
        policy_branch=json.dumps(server.policy_branch, ensure_ascii=False),
        admins=json.dumps(server.admins, ensure_ascii=False),
        variables=json.dumps(server.pusher_variables, ensure_ascii=False),
        account="true" if server.pusher_account else "false",
        files=server.max_files,
        refs=server.max_refs,
        seconds=server.max_seconds,
        gatekeeper="true" if server.gatekeeper else "false",
        socket=json.dumps(server.socket, ensure_ascii=False),
        slow_lane="true" if server.slow_lane else "false",
    ).encode("utf-8")
