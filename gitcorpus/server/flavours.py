"""What differs between the servers that a bare repository may stand in: where hooks go, and who says who pushes.

Where a server keeps `hooks/` for itself, ours stands among the ones that it runs. There its parent is a shell and not
`git receive-pack`, so there is no ticket and no second lock, and the server's own settings are left alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gitcorpus.model.server import Flavour


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms gitcorpus stands in a server."""

    places: Mapping[str, str] = field(default_factory=dict)
    """Where hooks go, by their names, where it is not `hooks/NAME`."""
    pusher_variables: tuple[str, ...] = ()
    """Environment variables in which the server names the pusher."""
    seconds: int = 60
    """Most seconds that the gates may take."""
    inner_refs: tuple[str, ...] = ()
    """Beginnings of references that the server moves by itself, without hooks."""
    note: str = ""
    """What the administrator has to know or to do."""

    def place(self, name: str) -> str:
        """Return where a hook goes, as a path in the repository."""
        return self.places.get(name, f"hooks/{name}")


_GITEA: Final = Terms(
    places={name: f"hooks/{name}.d/gitcorpus" for name in ("pre-receive", "post-receive")},
    pusher_variables=("GITEA_PUSHER_NAME",),
    inner_refs=("refs/pull/",),
    note="run it as the account that the server runs as; it leaves this hook alone when it writes its own anew",
)
TERMS: Final[Mapping[Flavour, Terms]] = {
    Flavour.PLAIN: Terms(),
    Flavour.GITOLITE: Terms(
        pusher_variables=("GL_USER",),
        note="keep no pre-receive, post-receive or reference-transaction in gitolite's hooks/common: "
        "`gitolite setup` would put it in the place of these",
    ),
    Flavour.GITEA: _GITEA,
    Flavour.FORGEJO: _GITEA,
    Flavour.GITLAB: Terms(
        places={name: f"custom_hooks/{name}.d/gitcorpus" for name in ("pre-receive", "post-receive")},
        pusher_variables=("GL_USERNAME",),
        inner_refs=(
            "refs/environments/",
            "refs/keep-around/",
            "refs/merge-requests/",
            "refs/pipelines/",
            "refs/tmp/",
        ),
        note="install it on every Gitaly node that holds this repository, as the account `git`",
    ),
    Flavour.GITHUB: Terms(pusher_variables=("GITHUB_USER_LOGIN",), seconds=4),
}


def terms_of(flavour: Flavour) -> Terms:
    """Return the terms of a server."""
    return TERMS[flavour]
