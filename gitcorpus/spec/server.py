"""The administrator's own file, `gitcorpus/server.yaml` in the bare repository."""

from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Server
from gitcorpus.spec.fields import Fields
from gitcorpus.spec.schema import breaches
from gitcorpus.spec.yaml import Mapping, parse_yaml

_DEFAULT: Final = Server()


def parse_server(data: bytes, path: str) -> Server:
    """Return what the server's file says.

    Raises:
        UnjudgedError: server-file-broken, with the first fault and its place.
    """
    root, findings = parse_yaml(data, path)
    if isinstance(root, Mapping):
        findings = (*findings, *breaches(root, "server"))
    if findings or not isinstance(root, Mapping):
        place, sentence = (
            (findings[0].place, findings[0].sentence) if findings else (path, "the file is empty")
        )
        hint = "an administrator mends it; `gitcorpus server doctor` checks it"
        raise UnjudgedError("server-file-broken", sentence, place=str(place), hint=hint)
    fields = Fields(root)
    pusher, limits = fields.inner("pusher"), fields.inner("limits")
    return Server(
        policy_branch=fields.text("policy_branch", _DEFAULT.policy_branch),
        admins=fields.texts("admins"),
        pusher_variables=() if pusher is None else pusher.texts("variables"),
        pusher_account=True if pusher is None else pusher.flag("account", default=True),
        max_files=(None if limits is None else limits.number("files")) or _DEFAULT.max_files,
        python=fields.text("python"),
    )
