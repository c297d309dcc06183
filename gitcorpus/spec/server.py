"""The administrator's own file, `gitcorpus/server.yaml` in the bare repository."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Flavour, Revocation, Sandbox, Secrets, Server, Tool
from gitcorpus.spec.nodes import Fields, Scalar
from gitcorpus.spec.quantities import parse_bytes
from gitcorpus.spec.schema import breaches
from gitcorpus.spec.yaml import parse_yaml

_DEFAULT: Final = Server()
_MEMORY: Final = 4 << 30


def parse_server(data: bytes, path: str) -> Server:
    """Return what the server's file says.

    Raises:
        UnjudgedError: server-file-broken, with the place of the first fault.
    """
    _, root, findings = parse_yaml(data, path)
    if root is not None:
        findings += breaches(root, "server")
    if findings or not isinstance(root, Fields):
        first = findings[0]
        more = f" ({len(findings) - 1} more)" if len(findings) > 1 else ""
        hint = first.hint or "gitcorpus server doctor checks the file"
        raise UnjudgedError("server-file-broken", first.sentence + more, place=str(first.place), hint=hint)
    server = replace(_build(root), file_text=data)
    if server.slow_lane and not server.flavour.owns_hooks:
        sentence = f"slow_lane needs the hook proc-receive, which {server.flavour} keeps for itself"
        raise UnjudgedError("server-file-broken", sentence, place=path, hint="slow_lane: false")
    return server


def _build(root: Fields) -> Server:
    pusher, warm = root.fields("pusher"), root.fields("gatekeeper")

    def limit(name: str, default: int) -> int:
        limits = root.fields("limits")
        value = limits.whole(name) if limits else None
        return default if value is None else value

    return Server(
        flavour=Flavour(root.text("flavour", _DEFAULT.flavour)),
        policy_branch=root.text("policy_branch", _DEFAULT.policy_branch),
        admins=root.texts("admins"),
        pusher_variables=pusher.texts("variables") if pusher else (),
        pusher_account=pusher.flag("account", default=True) if pusher else _DEFAULT.pusher_account,
        max_files=limit("files", _DEFAULT.max_files),
        max_refs=limit("refs", _DEFAULT.max_refs),
        max_seconds=limit("seconds", _DEFAULT.max_seconds),
        gatekeeper=warm.flag("enabled", default=True) if warm else _DEFAULT.gatekeeper,
        socket=warm.text("socket", _DEFAULT.socket) if warm else _DEFAULT.socket,
        slow_lane=root.flag("slow_lane", default=_DEFAULT.slow_lane),
        refused_days=_kept_days(root.fields("refused")),
        python=root.text("python"),
        tools=tuple(_tools(root.fields("tools"))),
        sandbox=_sandbox(root),
        secrets=_secrets(root.fields("secrets")),
    )


def _sandbox(root: Fields) -> Sandbox:
    said = root.get("sandbox")
    if isinstance(said, Scalar):
        return Sandbox(unconfined=True)
    if not isinstance(said, Fields):
        return Sandbox()
    ready, caches = Sandbox(), said.fields("caches")
    processes = said.whole("processes")

    def size(name: str, default: int) -> int:
        written = said.scalar(name)
        return parse_bytes(written.text) if written else default

    return Sandbox(
        program=said.text("program", ready.program),
        mounts=said.texts("mounts"),
        path=said.texts("path"),
        caches=tuple((name, caches.text(name)) for name in sorted(caches.entries)) if caches else (),
        cgroups=said.texts("cgroups"),
        memory_bytes=size("memory", ready.memory_bytes),
        disk_bytes=size("disk", ready.disk_bytes),
        processes=ready.processes if processes is None else processes,
    )


def _kept_days(said: Fields | None) -> int:
    return (said.whole("keep_days") or 0) if said else 0


def _secrets(said: Fields | None) -> Secrets:
    ready = Secrets()
    revoke = said.fields("revoke") if said else None
    option = said.flag("push_option", default=False) if said else False
    if revoke is None:
        return Secrets(push_option=option)
    policies, variables = revoke.fields("rules"), revoke.fields("variables")
    hours = revoke.whole("keep_hours")
    return Secrets(
        push_option=option,
        default=Revocation(revoke.text("default", ready.default)),
        policies={name: Revocation(policies.text(name)) for name in policies.entries} if policies else {},
        per_minute=revoke.wholes("per_minute"),
        variables={name: variables.text(name) for name in variables.entries} if variables else {},
        revokers=revoke.texts("revokers"),
        keep_hours=ready.keep_hours if hours is None else hours,
        internal=revoke.flag("internal", default=False),
        webhook=revoke.text("webhook"),
    )


def _tools(tools: Fields | None) -> Iterator[Tool]:
    for name in tools.entries if tools else ():
        fields = tools.fields(name) if tools else None
        if fields is not None:
            memory = fields.scalar("memory")
            yield Tool(
                name=name,
                command=fields.texts("command"),
                unsandboxed=fields.text("sandbox") == "none",
                memory_bytes=parse_bytes(memory.text) if memory else _MEMORY,
            )
