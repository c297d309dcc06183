"""`gitcorpus rules`: the packs of style rules and of secrets that there are, and whether their examples hold."""

from pathlib import Path
from typing import Annotated

import typer

from gitcorpus.cli import screen
from gitcorpus.errors import GitcorpusError
from gitcorpus.gates.rule_faults import rule_findings, secret_findings
from gitcorpus.model.rules import RulePack
from gitcorpus.model.secret import SecretPack
from gitcorpus.spec.brief import did_you_mean
from gitcorpus.spec.link_rules import READY_RULES
from gitcorpus.spec.load import load_packs, load_secret_packs, ready_pack, ready_secret_pack
from gitcorpus.spec.sources import DirectorySource, ready_names

Pack = RulePack | SecretPack

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Folder = Annotated[
    Path,
    typer.Option("--specs", metavar="DIR", help="The folder whose packs are meant; default: this one's."),
]


@app.command("list")
def list_(specs: Folder = Path()) -> None:
    """Print every pack: its name, its languages, and how many rules it has."""
    for pack in _packs(specs):
        of = ", ".join(pack.languages) if isinstance(pack, RulePack) else "secrets"
        typer.echo(f"{pack.name:24} {len(pack.rules):4}  {of}")


@app.command("test")
def try_examples(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PACK]", help="Packs: gitcorpus:python, or an id of your own; default: all."),
    ] = None,
    specs: Folder = Path(),
) -> None:
    """Try every example of every rule: what is accepted must have no finding, what is refused must have one.

    The exit code is 1 if an example does not hold or a query does not fit its grammar.
    """
    packs = _named(_packs(specs), names or [])
    findings = [
        *rule_findings(pack for pack in packs if isinstance(pack, RulePack)),
        *secret_findings(pack for pack in packs if isinstance(pack, SecretPack)),
    ]
    screen.print_findings(findings)
    n_rules = sum(len(pack.rules) for pack in packs)
    n_examples = sum(len(rule.accepted) + len(rule.refused) for pack in packs for rule in pack.rules)
    typer.echo(f"{len(packs)} packs, {n_rules} rules, {n_examples} examples: {len(findings)} findings")
    if findings:
        raise typer.Exit(1)


def _packs(folder: Path) -> tuple[Pack, ...]:
    """Return the packs of a folder, if it holds specs, and then the ready ones."""
    own: tuple[Pack, ...] = ()
    if (folder / "specs").is_dir() or folder.name == "specs":
        source = DirectorySource(folder)
        own = (*load_packs(source), *load_secret_packs(source))
    ready = (ready_pack(name) for name in ready_names(READY_RULES))
    return (*own, *(pack for pack in ready if pack is not None), ready_secret_pack())


def _named(packs: tuple[Pack, ...], names: list[str]) -> tuple[Pack, ...]:
    known = {pack.name: pack for pack in packs}
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or "gitcorpus rules list"
            raise GitcorpusError("unknown-pack", f"there is no pack `{name}`", hint=hint)
    return tuple(known[name] for name in names) if names else packs
