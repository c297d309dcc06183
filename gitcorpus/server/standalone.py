"""The hook for a server whose repositories nobody can reach: one script that an administrator uploads.

GitHub Enterprise Server runs it in an environment of its own, where it may read the repository and write nothing in it.
So it makes a folder that looks like the repository, by links, and puts the server's file beside them.
"""

import os
import shlex
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.server import administration
from gitcorpus.server.administration import Wishes
from gitcorpus.server.hooks import MARK, is_ours, is_there, write_whole
from gitcorpus.server.install import Installer

_TEXT: Final = """\
#!/bin/sh
{mark}, of version {version}, for GitHub Enterprise Server.
# The server's file is below; a push can reach neither.

# A folder that outlives a push, for the ledger. Without one, every verdict is told and then forgotten.
ledger=''

set -eu
repository=$(cd "${{GIT_DIR:-.}}" && pwd -P)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in HEAD config info objects packed-refs refs; do
	[ ! -e "$repository/$name" ] || ln -s "$repository/$name" "$folder/$name"
done
mkdir "$folder/gitcorpus"
[ -z "$ledger" ] || ln -s "$ledger" "$folder/gitcorpus/ledger"
cat >"$folder/gitcorpus/server.yaml" <<'END OF THE SERVER FILE'
{server}END OF THE SERVER FILE
export GIT_DIR="$folder"
{command}
"""


def write_script(path: Path, wishes: Wishes, installer: Installer) -> tuple[str, ...]:
    """Write the script, and return what was done and what there is to do.

    Raises:
        GitcorpusError: script-exists, not-writable, no-admin, no-slow-lane.
    """
    if is_there(path) and not is_ours(path):
        hint = "give a name that is free, such as gitcorpus.sh"
        raise GitcorpusError("script-exists", "there is something else already", place=str(path), hint=hint)
    branch = f"refs/heads/{(wishes.policy_branch or 'main').removeprefix('refs/heads/')}"
    server = administration.new_server(wishes, None, policy_branch=branch)
    text = _TEXT.format(
        mark=MARK,
        version=installer.program.version,
        server=administration.server_text(server).decode(),
        command=installer.program.judge("pre-receive", "alone"),
    )
    try:
        write_whole(path, os.fsencode(text), mode=0o755)
    except OSError as error:
        hint = "give a file in a folder that you can write"
        raise GitcorpusError(
            "not-writable", f"it cannot be written: {error.strerror}", place=str(path), hint=hint
        ) from error
    python = shlex.quote(installer.program.python)
    return (
        f"wrote {path}",
        f"1. make a pre-receive environment with git and gitcorpus at {python}, as here, and upload it",
        f"2. commit {path.name} to a repository of the server, executable, and add it as a pre-receive hook",
        "3. enforce the hook for the corpus; it has 5 seconds, all hooks of a push together",
    )
