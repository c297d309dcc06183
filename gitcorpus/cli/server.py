"""`gitcorpus server`: put the hooks into a bare repository, take them out, say what is wrong with it."""

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from gitcorpus.cli import screen
from gitcorpus.flows.push import counted
from gitcorpus.model.server import Flavour
from gitcorpus.server.administration import Wishes
from gitcorpus.server.asking import COMPILERS
from gitcorpus.server.doctor import examine
from gitcorpus.server.hooks import Program
from gitcorpus.server.identity import account_name
from gitcorpus.server.install import Installer
from gitcorpus.server.install import install as install_into
from gitcorpus.server.install import uninstall as uninstall_from
from gitcorpus.server.move import Destination
from gitcorpus.server.move import move as move_reference
from gitcorpus.server.reconcile import reconcile as reconcile_ledger
from gitcorpus.server.standalone import write_script
from gitcorpus.shipped import shipped_path

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Argument(metavar="REPO", help="A bare repository.")]


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


@app.command()
def install(  # noqa: PLR0913 - one for each option
    repo: Annotated[Path, typer.Argument(metavar="REPO", help="A bare repository; made if not there.")],
    *,
    flavour: Annotated[
        Flavour | None,
        typer.Option(
            help="The server that it stands in; plain if not given. For github, REPO is the script to write."
        ),
    ] = None,
    admin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Who may bring the first specs; repeatable. Default: your account."
        ),
    ] = None,
    policy_branch: Annotated[
        str | None,
        typer.Option(
            metavar="BRANCH", help="The branch whose specs judge. Default: what HEAD names, or main."
        ),
    ] = None,
    pusher_variable: Annotated[
        list[str] | None,
        typer.Option(metavar="VARIABLE", help="An environment variable that names the pusher; repeatable."),
    ] = None,
    no_account: Annotated[
        bool, typer.Option("--no-account", help="The account that runs git is not the pusher's name.")
    ] = False,
    no_gatekeeper: Annotated[
        bool,
        typer.Option(
            "--no-gatekeeper", help="Every hook judges in its own process: slower, no process stays."
        ),
    ] = False,
    slow_lane: Annotated[
        bool, typer.Option("--slow-lane", help="Park pushes that need more time, and judge them afterwards.")
    ] = False,
) -> None:
    """Put the hooks and hardened settings into a bare repository.

    Hooks that are there already are kept and run first. Installing twice does no more than once.
    """
    wishes = Wishes(
        flavour=flavour,
        policy_branch=policy_branch,
        admins=tuple(admin) if admin else None,
        pusher_variables=tuple(pusher_variable) if pusher_variable else None,
        pusher_account=False if no_account else None,
        gatekeeper=False if no_gatekeeper else None,
        slow_lane=True if slow_lane else None,
    )
    installer = Installer(
        program=this_program(),
        account=account_name(os.geteuid()),
        now=datetime.now(UTC),
        compilers=COMPILERS,
    )
    if flavour is Flavour.GITHUB:
        screen.print_lines(write_script(repo, wishes, installer))
        return
    done = install_into(repo, wishes, installer)
    screen.print_lines(done or (f"nothing to do: gitcorpus is installed in {repo}",))


@app.command()
def uninstall(repo: Repository) -> None:
    """Put back the hooks and settings that were there before.

    The ledger and gitcorpus/server.yaml stay: what was decided stays known.
    """
    screen.print_lines(uninstall_from(repo))


@app.command()
def move(  # noqa: PLR0913 - one for each option
    repo: Repository,
    ref: Annotated[str, typer.Argument(metavar="REF", help="Full name of a reference: refs/heads/main.")],
    rev: Annotated[str, typer.Argument(metavar="[REV]", help="Where it goes.")] = "",
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Take it away, instead of giving REV.")] = False,
    symbolic: Annotated[
        bool, typer.Option("--symbolic", help="REV is another reference, for which REF stands from then on.")
    ] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; the ledger keeps it.")],
) -> None:
    """Move a reference past the gate, and record who did it and why.

    It is for what no push can mend. Nothing judges it.
    """
    account = account_name(os.geteuid())
    to = Destination(rev, symbolic=symbolic, delete=delete)
    moved = move_reference(repo, ref, to, reason=reason, by=account, now=datetime.now(UTC))
    where = f"stands for {rev}" if symbolic else f"moved from {moved.old[:12]} to {moved.new[:12]}"
    screen.print_lines([f"{moved.ref} {where}, and that is recorded"])


@app.command()
def reconcile(repo: Repository = Path()) -> None:
    """Record what landed and was not recorded, and name what moved past the gate.

    The exit code is 1 if anything did.
    """
    landed, findings = reconcile_ledger(repo, now=datetime.now(UTC))
    screen.print_lines(f"recorded {update.ref} at {update.new[:12]}, which was let in" for update in landed)
    screen.print_findings(findings)
    if findings:
        raise typer.Exit(1)
    if not landed:
        screen.print_lines(["every reference is where the ledger says"])


@app.command()
def doctor(
    repo: Repository = Path(),
    *,
    output: Annotated[
        Format, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = Format.TEXT,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the ten attacks on the sandbox.")] = False,
) -> None:
    """Say what is wrong with an installed repository, and what mends it.

    If there is a sandbox, ten attacks on it are tried, which takes two seconds. The exit code is 1 if anything is
    wrong. A warning is worth knowing and may stay.
    """
    findings = examine(repo, this_program(), uid=os.geteuid(), now=datetime.now(UTC), attacks=not quick)
    if output is Format.JSON:
        screen.print_json(screen.finding_fields(finding) for finding in findings)
    else:
        screen.print_findings(findings)
        n_faults = sum(finding.blocks for finding in findings)
        counts = f"{counted(n_faults, 'fault')}, {counted(len(findings) - n_faults, 'warning')}"
        typer.echo(counts if findings else "nothing is wrong")
    if any(finding.blocks for finding in findings):
        raise typer.Exit(1)


def this_program() -> Program:
    """Return the gitcorpus that runs this command, which is the one that hooks will run."""
    scripts = shipped_path("server_hooks").absolute()
    return Program(python=sys.executable, scripts=scripts, version=version("gitcorpus"))
