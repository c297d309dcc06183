"""What the repository must not decide: the administrator's own file, `gitcorpus/server.yaml`."""

from dataclasses import dataclass
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
    """Most paths of one tree or change that are walked; more cannot be judged."""
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
    python: str = ""
    """The interpreter that the hooks run."""
    tools: tuple[Tool, ...] = ()
    """Programs that the gate `command` may run."""
    sandbox: Sandbox = Sandbox()

    def tool(self, name: str) -> Tool | None:
        """Return a tool that the server has, or none."""
        return next((tool for tool in self.tools if tool.name == name), None)
