"""`gitcorpus init DIR`: a corpus to start from, and what to do next."""

import os
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from gitcorpus.flows.init import Founder, init_corpus
from gitcorpus.git.user import configured_user
from gitcorpus.server.identity import account_name


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or one to be made.")],
    *,
    name: Annotated[str, typer.Option(help="Your name, if not git's user.name.")] = "",
    email: Annotated[str, typer.Option(help="Your address, if not git's user.email.")] = "",
) -> None:
    """Make a corpus to start from, with commented specs."""
    user = configured_user(directory)
    account = account_name(os.geteuid())
    founder = Founder(name=name or user.name, email=email or user.email, account=account)
    for path in init_corpus(directory, founder, today=datetime.now().astimezone().date()):
        typer.echo(f"wrote {path}")
    typer.echo(_next_steps(directory))


def _next_steps(directory: Path) -> str:
    folder = quote(str(directory))
    return f"""
next:
  read {directory / "specs"}, and make the specs your own
  gitcorpus spec check {folder}
  cd {folder} && git init --initial-branch=main
  git add . && git commit --signoff -m 'specs: the first course'
  on the server: gitcorpus server install REPO.git --admin ACCOUNT-THAT-PUSHES
  git push REPO main"""
