"""What the repository must not decide: the administrator's own file, `gitcorpus/server.yaml`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Which branch holds the policy, who may bring the first one, and where a pusher's name comes from."""

    policy_branch: str = "refs/heads/main"
    admins: tuple[str, ...] = ()
    pusher_variables: tuple[str, ...] = ()
    """Environment variables that the front end sets; the first one present names the pusher."""
    pusher_account: bool = True
    """Whether the account that runs git names the pusher when no variable does."""
    max_files: int = 100_000
    """Most paths of one tree or change that are walked; more cannot be judged."""
    python: str = ""
    """The interpreter that the hooks run."""
