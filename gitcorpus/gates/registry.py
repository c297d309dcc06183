"""Every gate there is, written out. What a spec calls `uses:` is a key of this table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gitcorpus.canon import digest_value
from gitcorpus.gates.annotations import AnnotationsGate
from gitcorpus.gates.base import ALWAYS, Gate
from gitcorpus.gates.build import BuildGate
from gitcorpus.gates.command import CommandGate
from gitcorpus.gates.coverage import CoverageGate
from gitcorpus.gates.dependencies import DependenciesGate
from gitcorpus.gates.docs import DocsGate
from gitcorpus.gates.format import FormatGate
from gitcorpus.gates.layout import LayoutGate
from gitcorpus.gates.mutation import MutationGate
from gitcorpus.gates.objects import ObjectsGate
from gitcorpus.gates.owners import OwnersGate
from gitcorpus.gates.paths import PathsGate
from gitcorpus.gates.refs import RefsGate
from gitcorpus.gates.rights import RightsGate
from gitcorpus.gates.secrets import SecretsGate
from gitcorpus.gates.size import SizeGate
from gitcorpus.gates.spec import SpecGate
from gitcorpus.gates.style import StyleGate
from gitcorpus.gates.syntax import SyntaxGate
from gitcorpus.gates.tests import TestsGate
from gitcorpus.gates.tidy import TidyGate
from gitcorpus.model.declaration import Declaration, Scope, Stage
from gitcorpus.model.finding import Severity
from gitcorpus.model.place import Place

GATES: Final[Mapping[str, Gate]] = {
    gate.name: gate
    for gate in (
        RefsGate(),
        OwnersGate(),
        PathsGate(),
        ObjectsGate(),
        SecretsGate(),
        SpecGate(),
        LayoutGate(),
        AnnotationsGate(),
        RightsGate(),
        SizeGate(),
        SyntaxGate(),
        FormatGate(),
        TidyGate(),
        StyleGate(),
        DocsGate(),
        DependenciesGate(),
        CommandGate(),
        BuildGate(),
        TestsGate(),
        CoverageGate(),
        MutationGate(),
    )
}
"""In the order in which they run and are reported: what costs least first."""

LASTING: Final = frozenset(
    {
        "refs",
        "owners",
        "paths",
        "objects",
        "secrets",
        "spec",
        "layout",
        "annotations",
        "rights",
        "size",
        "syntax",
        "tidy",
        "style",
        "docs",
    }
)
"""Gates whose answer about a file holds as long as pushes leave the file alone.

What else may change it, they see in what a push does change: a new name beside it, or an answer that goes away. Those
that are not named read whole solutions, or run programs, which change by themselves.
"""

EVERY_COMMIT: Final = ("paths", "objects")
"""Those of them that judge every new commit: what a later commit takes away again stays in everybody's history."""


def built_in(name: str) -> Declaration:
    """Return the declaration of an always-on gate that no spec declares."""
    return Declaration(
        id=name,
        uses=name,
        when=Stage.PUSH,
        on=Scope.EVERY_COMMIT if name in EVERY_COMMIT else Scope.TIP,
        severity=Severity.BLOCK,
        parameters={},
        paths=(),
        languages=(),
        refs=(),
        budget_seconds=None,
        digest=digest_value({"id": name, "uses": name}),
        place=Place(path=f"gitcorpus:{name}"),
    )


def with_always(declared: tuple[Declaration, ...]) -> tuple[Declaration, ...]:
    """Return declarations in the order in which gates run, the always-on ones at full strength among them.

    A spec may set an always-on gate's parameters; it can neither narrow it, nor soften it, nor put it off. One
    that is declared under the gate's own name is made firm where it is; beside others stands the ready one.
    """
    judging = [_firm(each) if each.uses in ALWAYS and each.id == each.uses else each for each in declared]
    firm = {each.uses for each in judging if each == _firm(each)}
    missing = [built_in(name) for name in ALWAYS if name not in firm]
    order = list(GATES)
    return tuple(sorted((*judging, *missing), key=lambda each: (order.index(each.uses), each.id)))


def _firm(each: Declaration) -> Declaration:
    """Return a declaration that judges every push, all of it, and blocks."""
    on = Scope.EVERY_COMMIT if each.uses in EVERY_COMMIT else each.on
    return replace(each, when=Stage.PUSH, on=on, severity=Severity.BLOCK, paths=(), languages=(), refs=())
