"""What the repository must not decide: the administrator's own file, `gitcorpus/server.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Flavour(StrEnum):
    """The server that a bare repository stands in."""

    PLAIN = "plain"
    GITOLITE = "gitolite"
    GITEA = "gitea"
    FORGEJO = "forgejo"
    GITLAB = "gitlab"
    GITHUB = "github"

    @property
    def owns_hooks(self) -> bool:
        """Whether `hooks/` is ours; otherwise the server keeps it, and runs ours among others."""
        return self in (Flavour.PLAIN, Flavour.GITOLITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that specs may name, and that then runs on what is pushed."""

    name: str
    command: tuple[str, ...]
    """The program's absolute path and its arguments; no shell reads them."""
    unsandboxed: bool = False
    """Whether the administrator accepts that it runs with limits and without a sandbox."""
    memory_bytes: int = 4 << 30
    """Address space of each of its processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """Where pushed code runs, and what it sees of the machine."""

    unconfined: bool = False
    """Whether the administrator accepts that pushed code runs with limits and without a sandbox."""
    program: str = "/usr/bin/bwrap"
    mounts: tuple[str, ...] = ()
    """Absolute paths that pushed code may read, besides the system's own programs and libraries."""
    path: tuple[str, ...] = ()
    """Folders in which programs are looked for first."""
    caches: tuple[tuple[str, str], ...] = ()
    """Build caches by name, each with the folder that holds it."""
    cgroups: tuple[str, ...] = ()
    """Folders of control groups in which a group for each run is made."""
    memory_bytes: int = 4 << 30
    """Of all processes of one run together."""
    disk_bytes: int = 1 << 30
    """Of each file system in memory that a run may write to."""
    processes: int = 512
    """Of one run, its threads counted."""


class Revocation(StrEnum):
    """What happens to an exposed secret of a rule: it is revoked at once, when somebody says so, or by a person."""

    AUTO = "auto"
    ASK = "ask"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What becomes of secrets that reached the server."""

    push_option: bool = False
    """Whether a pusher may let a generic one pass, with a reason."""
    default: Revocation = Revocation.NEVER
    policies: Mapping[str, Revocation] = field(default_factory=dict)
    """By rule."""
    per_minute: Mapping[str, int] = field(default_factory=dict)
    """Most requests of a rule."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What requests need besides the secret, such as the address of an own GitHub server."""
    revokers: tuple[str, ...] = ()
    """Files of the administrator's with further revokers, as Kingfisher writes rules."""
    keep_hours: int = 24
    """How long a sealed value is kept at the most."""
    internal: bool = False
    """Whether it may be asked of addresses in the server's own network whether a value still works."""
    webhook: str = ""
    """Where an incident that needs a person is told; empty for nowhere."""

    def policy(self, rule: str) -> Revocation:
        """Return what happens to a secret of a rule."""
        return self.policies.get(rule, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Which branch holds the policy, who may bring the first one, and where a pusher's name comes from."""

    flavour: Flavour = Flavour.PLAIN
    policy_branch: str = "refs/heads/main"
    admins: tuple[str, ...] = ()
    pusher_variables: tuple[str, ...] = ()
    """Environment variables that the front end sets; the first one present names the pusher."""
    pusher_account: bool = True
    """Whether the account that runs git names the pusher when no variable does."""
    max_files: int = 100_000
    """Most paths that one push may change, and that a tree may hold which builds on none that was judged."""
    max_refs: int = 1000
    """Most references that one push may move."""
    max_seconds: int = 60
    """Most seconds that the gates may take for one push."""
    gatekeeper: bool = True
    """Whether a warm process judges; otherwise every hook judges in its own."""
    socket: str = "gitcorpus/gatekeeper.sock"
    """Where the warm process listens: relative to the repository, or an absolute path that repositories share."""
    slow_lane: bool = False
    """Whether a push that needs more time is parked and judged after it, instead of refused."""
    refused_days: int = 0
    """How many days refused pushes are kept, so that views can pair them with what was accepted; 0 for not at all."""
    python: str = ""
    """The interpreter that the hooks run."""
    tools: tuple[Tool, ...] = ()
    """Programs that the gate `command` may run."""
    sandbox: Sandbox = Sandbox()
    secrets: Secrets = Secrets()
    file_text: bytes = field(default=b"", compare=False, repr=False)
    """The bytes of the file, by which a change is noticed."""

    @property
    def names_pushers(self) -> bool:
        """Whether the server's file says where the name of a pusher comes from."""
        return self.pusher_account or bool(self.pusher_variables)

    def tool(self, name: str) -> Tool | None:
        """Return a tool that the server has, or none."""
        return next((tool for tool in self.tools if tool.name == name), None)
