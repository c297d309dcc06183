"""Who pushes. Where the name comes from is the administrator's choice, never a guess.

A front end (a web server, a forced command of ssh) puts the name into an environment variable; the server's
own file says which one. Without any, the account that runs git is the name, if that file allows it.
"""

import pwd
from collections.abc import Mapping

from gitcorpus.model.server import Server

FORWARDED = ("GIT_DIR", "GIT_QUARANTINE_PATH")
"""All that a hook takes of git's environment, besides push options and the pusher's name."""


def account_name(uid: int) -> str | None:
    """Return the name of an account, or none if the system knows no such account."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def account_exists(name: str) -> bool:
    """Tell whether the system knows an account of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def pusher_name(environ: Mapping[str, str], server: Server, *, account: str | None) -> str | None:
    """Return the first name that the server's file accepts; none if nothing names the pusher."""
    for variable in server.pusher_variables:
        if environ.get(variable):
            return environ[variable]
    return account if server.pusher_account else None


def allowed(environ: Mapping[str, str], server: Server) -> dict[str, str]:
    """Return what a hook may know of its environment."""
    names = {*FORWARDED, *server.pusher_variables}
    return {
        name: value for name, value in environ.items() if name in names or name.startswith("GIT_PUSH_OPTION_")
    }
