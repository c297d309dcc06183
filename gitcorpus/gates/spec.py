"""The gate `spec`: the specs that a push brings are valid, and the policy branch keeps them.

Otherwise a push could leave behind specs that judge nothing, and lock everybody but the admins out. No waiver lets
these findings through.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.ability import ability_findings, tree_paths
from gitcorpus.gates.base import STANDING, Candidate, Example, Reads
from gitcorpus.gates.rule_faults import rule_findings, secret_findings
from gitcorpus.gates.sources import SnapshotSource, leans_alike
from gitcorpus.git.snapshot import Snapshot
from gitcorpus.model.corpus import Corpus
from gitcorpus.model.curriculum import DifficultyLookup
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.rules import RulePack
from gitcorpus.model.secret import SecretPack
from gitcorpus.model.server import Server
from gitcorpus.model.spec import Spec
from gitcorpus.model.view import View
from gitcorpus.spec.discover import Discovered
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.owners import locked_out
from gitcorpus.spec.review import review_specs

P = TypeVar("P", bound=RulePack | SecretPack)


class SpecGate:
    """Loads and links the specs of the tip: of the policy branch always, of other refs if the push touches them.

    A tag whose release asks for all that judges a merge must have specs, as the policy branch must.
    """

    name = "spec"
    version = "4"
    reads = Reads.PUSH
    accepted = (
        Example(title="no specs touched", files={"README.md": "more\n"}),
        Example(
            title="one more waiver",
            files={
                "specs/waivers.yaml": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers:\n  - {gate: syntax, "
                "paths: [corpus/basics/], reason: kept as found, by: lead, until: 2026-12-31}\n"
            },
        ),
    )
    refused = (
        Example(
            title="a field that no schema knows",
            files={
                "specs/waivers.yaml": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaiver: []\nwaivers: []\n"
            },
            codes=("unknown-field",),
        ),
        Example(title="no YAML", files={"specs/waivers.yaml": "a: [\n"}, codes=("not-yaml",)),
        Example(
            title="the text of an agreement taken away",
            files={"agreements/ip.md": None},
            codes=("no-agreement-text",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge the specs at the tip."""
        del declaration
        if candidate.snapshot is None or not self.concerns(candidate):
            return
        if (
            candidate.leans
            and candidate.spec is not None
            and leans_alike(candidate.snapshot, candidate.leans)
            and not _looks_up(candidate, candidate.spec)
        ):
            yield from _new_tasks(candidate, candidate.snapshot)
            if candidate.update.ref == candidate.server.policy_branch:
                yield from judge_policy(candidate.spec.corpus, candidate.server)
            return
        source = SnapshotSource(candidate.snapshot, limit=candidate.most_entries)
        if source.spec_files() or candidate.counts_as_policy:
            loaded = load_specs(source, commit=candidate.snapshot.commit, parse=candidate.parse)
            yield from loaded.findings
            yield from review_specs(loaded, source, standing=STANDING, today=candidate.today)
            yield from _view_faults(loaded.views, source, candidate)
            if loaded.spec is not None:
                yield from rule_findings(_changed(loaded.spec.rules, candidate))
                yield from secret_findings(_changed(loaded.spec.secret_rules, candidate))
                yield from _unable(loaded.spec, candidate, source)
            if loaded.spec is not None and candidate.update.ref == candidate.server.policy_branch:
                yield from judge_policy(loaded.spec.corpus, candidate.server)
                before = {each.sentence for each in locked_out(candidate.spec)} if candidate.spec else set()
                yield from (each for each in locked_out(loaded.spec) if each.sentence not in before)

    def concerns(self, candidate: Candidate) -> bool:
        """Tell whether the push can have changed what the specs say.

        On the branch that judges it always can: specs also lean on files of the tree, such as agreements, and
        folders in which units discover their tasks.
        """
        if candidate.spec is None or candidate.counts_as_policy:
            return True
        texts = {agreement.text for agreement in candidate.spec.contributors.agreements}
        paths = (*(entry.path for entry in candidate.files), *candidate.deleted)
        return any(path.startswith("specs/") or path in texts for path in paths)


def _looks_up(candidate: Candidate, spec: Spec) -> bool:
    """Tell whether the difficulty of a task must be looked up: of a new one, or in a document that has changed."""
    discoveries = (unit.discover for unit in spec.units)
    found = [
        each.difficulty for each in discoveries if each and isinstance(each.difficulty, DifficultyLookup)
    ]
    paths = [*(entry.path for entry in candidate.files), *candidate.deleted] if found else []
    return any(each.source in paths for each in found) or (bool(found) and bool(_added(candidate)))


def _added(candidate: Candidate) -> Mapping[str, Discovered]:
    """Return the tasks that units discover in the tree and did not in the one before, each at its first file."""
    if candidate.matcher is None:
        return {}
    before = candidate.repo.snapshot(candidate.base) if candidate.base is not None else None
    return candidate.matcher.discoverer.new_tasks((entry.path for entry in candidate.files), before)


def _new_tasks(candidate: Candidate, snapshot: Snapshot) -> Iterator[Finding]:
    """Find what is wrong with tasks that the push adds by their folders."""
    if candidate.counts_as_policy and candidate.matcher is not None:
        yield from candidate.matcher.discoverer.faults(_added(candidate), snapshot)


def _view_faults(brought: Iterable[View], source: SnapshotSource, candidate: Candidate) -> Iterable[Finding]:
    """Compile the views that the specs that judge do not have as they are.

    Raises:
        UnjudgedError: package-missing, if nothing here compiles views.
    """
    known = {(view.name, view.file.blob) for view in candidate.spec.views} if candidate.spec else set()
    views = [view for view in brought if (view.name, view.file.blob) not in known]
    if not views:
        return ()
    if candidate.compiled is None:
        raise UnjudgedError("package-missing", "views cannot be compiled here")
    return candidate.compiled(views, source)


def _unable(spec: Spec, candidate: Candidate, source: SnapshotSource) -> Iterator[Finding]:
    """Find gates that would give no answer on this server because of the push; off the policy branch it only warns.

    A clone does not know what the server can.
    """
    before = candidate.spec
    if candidate.local or (before is not None and before.digest == spec.digest):
        return
    blocks = candidate.update.ref == candidate.server.policy_branch
    for finding in ability_findings(spec, candidate.server, tree_paths(source), before):
        yield finding if blocks else replace(finding, severity=Severity.WARN)


def _changed(packs: tuple[P, ...], candidate: Candidate) -> tuple[P, ...]:
    """Return the packs that the specs that judge do not have as they are."""
    before = _before(candidate)
    return tuple(pack for pack in packs if (pack.name, pack.digest) not in before)


def _before(candidate: Candidate) -> set[tuple[str, str]]:
    spec = candidate.spec
    if spec is None:
        return set()
    style = {(pack.name, pack.digest) for pack in spec.rules}
    return style | {(pack.name, pack.digest) for pack in spec.secret_rules}


def judge_policy(corpus: Corpus, server: Server) -> Iterator[Finding]:
    """Judge what only matters on the branch that judges: a policy, and one that names this branch."""
    if corpus.policy is None:
        sentence, hint = "the policy branch's specs must declare `policy:`", "policy: {branch: main}"
        yield Finding(code="policy-undeclared", place=corpus.place, sentence=sentence, hint=hint)
    elif f"refs/heads/{corpus.policy.branch}" != server.policy_branch:
        sentence = f"it names `{corpus.policy.branch}`, and this server judges by {server.policy_branch}"
        hint = f"write `branch: {server.policy_branch.removeprefix('refs/heads/')}`"
        yield Finding(code="policy-branch-differs", place=corpus.policy.place, sentence=sentence, hint=hint)
