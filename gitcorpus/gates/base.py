"""What a gate is, what it is asked to judge, and how its examples are written down."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from threading import Lock
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from gitcorpus.gates.sources import LANDED, Lean
from gitcorpus.git.repo import Repo, Snapshot
from gitcorpus.model.contributors import Person
from gitcorpus.model.declaration import Declaration, Stage
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.secret import Vault
from gitcorpus.model.server import Server, Tool
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import Commit, TreeEntry
from gitcorpus.model.view import View
from gitcorpus.spec.contradictions import Standing
from gitcorpus.spec.document import Parse, parse_document
from gitcorpus.spec.layout import LayoutMatcher
from gitcorpus.spec.sources import SpecSource

T = TypeVar("T")

ALWAYS: Final = ("refs", "owners", "paths", "objects", "spec")
"""Gates that judge every push, whatever the specs declare."""
UNWAIVABLE: Final = ("refs", "owners", "spec")
"""Gates whose findings no waiver lets through: a spec could give up the branch or the specs that judge."""
STANDING: Final = Standing(ALWAYS, UNWAIVABLE)
"""What specs cannot change, and are told if they try."""


ViewFaults = Callable[[Iterable[View], SpecSource], Iterable[Finding]]
"""Compiles views without data, and returns what is wrong with them."""
Facts = tuple[str | int | None, ...]
"""What an answer depends on besides an object and a declaration."""


class Store(Protocol):
    """Where results outlive the push."""

    def recall(self, key: bytes) -> bytes | None:
        """Return a result, or none."""
        ...

    def keep(self, topic: str, results: Mapping[bytes, bytes]) -> None:
        """Take results."""
        ...


class Memo:
    """Results that several gates need, each worked out once, whichever thread asks first."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store
        self._lock = Lock()
        self._futures: dict[Hashable, Future[Any]] = {}

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """Return what the work returned or raised the first time."""
        with self._lock:
            future = self._futures.get(key)
            mine = future is None
            if future is None:
                future = self._futures[key] = Future()
        if mine:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
                raise
        found: T = future.result()
        return found


class Reads(StrEnum):
    """What a gate's answer depends on, besides its declaration and the specs: the unit in which it is known again.

    `blob`: one file, with the facts that `BlobGate.facts` names. `solution`: all files of one solution, with the facts
    that `SolutionGate.subjects` names. `commit` and `tree`: for an earlier commit of the push, the commit. `push`: the
    update itself, so that nothing is known again.
    """

    BLOB = "blob"
    SOLUTION = "solution"
    COMMIT = "commit"
    TREE = "tree"
    PUSH = "push"


class Proof(NamedTuple):
    """What earlier verdicts prove of a tag's tree."""

    files: tuple[TreeEntry, ...]
    """What they do not prove, and is judged."""
    gates: frozenset[str]
    """The ids of the gates whose answers they prove; others judge the whole tree."""
    verdict: Digest | None
    """The newest of them; none if only the push itself proves something, by another update."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One update of one ref as a gate sees it: the tree at its tip, what it changes, and its new commits.

    A gate that is declared `on: every-commit` gets one candidate for each new commit instead, with that
    commit's tree and changes.
    """

    stage: Stage
    update: RefUpdate
    updates: tuple[RefUpdate, ...] = ()
    """All updates of the push, this one among them; none where there is no push."""
    pusher: str | None = None
    """The account that pushes, as the server names it; none if the server named none."""
    local: bool = False
    """Whether a clone asks before the push: the pusher is the person of `user.email`, and no admin is known."""
    importing: bool = False
    """Whether an admin brings history that others made before, and says so."""
    arrived: int | None = None
    """When the push came, in seconds since 1970; none for a release, which no push brings."""
    protected: bool
    spec: Spec | None
    """The specs that judge; none only while there are none."""
    server: Server
    repo: Repo
    snapshot: Snapshot | None
    """The tree at the tip; none if the ref goes away or names no commit."""
    files: tuple[TreeEntry, ...] = ()
    """Entries that are added or modified; the whole tree for a tag, or with a proof what that leaves open."""
    proof: Proof | None = None
    """What earlier verdicts prove of a tag's tree, if they do."""
    deleted: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()
    leans: tuple[Lean, ...] = ()
    """What of their tree the specs that judge were made from; a tree that is alike there has the same specs."""
    ends: float | None = None
    """When a gate that waits for another process must have its answer, by the monotonic clock."""
    earlier: bool = False
    """Whether this is one of the push's commits below its tip."""

    base: Oid | None = None
    """The commit that the files are compared with; none if there is nothing to compare with."""
    whole: bool = False
    """Whether solutions that the push leaves alone are judged too, as far as nothing is known of them."""
    only: tuple[str, ...] | None = None
    """The folders of the solutions that are asked for; none for all that concern the push."""
    memo: Memo = field(default_factory=Memo)
    """What one gate found out and another one need not find out again."""
    vault: Vault = field(default_factory=Vault)
    """Where the secrets go that are found; no finding has one."""

    today: date = date.max
    """The day on which it is judged, so that a gate knows which waivers are in force; none is unless it is told."""

    parse: Parse = parse_document
    """Parses a spec file that the push brings, or knows what it is."""
    known_matcher: LayoutMatcher | None = None
    compiled: "ViewFaults | None" = None
    """Says what is wrong with views once they are compiled; without it, no view can be judged."""

    @cached_property
    def matcher(self) -> LayoutMatcher | None:
        """Locates paths by the layout of the specs that judge."""
        if self.known_matcher is None and self.spec is not None:
            return LayoutMatcher(self.spec, discovers=True)
        return self.known_matcher

    @property
    def counts_as_policy(self) -> bool:
        """Whether all judges it that judges the policy branch: that branch, and tags whose releases require that."""
        ref = self.update.ref
        if ref == self.server.policy_branch:
            return True
        requires = self.spec.requires(ref) if self.spec is not None else None
        return self.stage is Stage.MERGE and requires is Stage.MERGE

    @property
    def most_entries(self) -> int:
        """How many entries of its tree are read at most.

        Where it differs from a tree that was judged, or from none, by more than a push may change, it was refused
        before it became a candidate. In a clone nothing was judged.
        """
        return self.server.max_files if self.local else LANDED

    @property
    def refs(self) -> tuple[str, ...]:
        """The names by which declarations that judge only some refs find it."""
        policy = (self.server.policy_branch,) if self.counts_as_policy else ()
        return tuple(dict.fromkeys((self.update.ref, *policy)))

    @property
    def person(self) -> Person | None:
        """The person who pushes; none if no person has the account that the server names."""
        return self.spec.contributors.account(self.pusher) if self.spec and self.pusher else None

    def data(self, entry: TreeEntry) -> bytes:
        """Read an entry's bytes."""
        return self.repo.read_blob(entry.oid)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A push in a few words: accepted if `codes` is empty, else refused with just these codes.

    The specs are those of the tests' smallest corpus; `files` are what the push adds to it (a `Link` makes a
    symlink, none deletes), by `author`, signed off unless said otherwise.
    """

    title: str
    files: Mapping[str, Any] = field(default_factory=dict)
    author: str = "north"
    pusher: str = ""
    """The account that pushes; empty for the author's own."""
    committer: str = ""
    """Empty for the author."""
    date: str = "2026-02-01T12:00:00+00:00"
    arrived: str = ""
    """When it is pushed; empty for when it was committed."""
    sign_off: str = "north"
    """Whose sign-offs it has, with blanks between; empty for none."""
    ref: str = "refs/heads/main"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    """What the server's own file names."""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A symlink of an example."""

    target: str


class Gate(Protocol):
    """One gate. Its parameters' schema is `schemas/gates/<name>.schema.json`."""

    @property
    def name(self) -> str:
        """What specs call it, and the name of its file, its manual page and its schema."""
        ...

    @property
    def version(self) -> str:
        """Changes when its answers may."""
        ...

    @property
    def reads(self) -> Reads:
        """What its answer depends on."""
        ...

    @property
    def accepted(self) -> tuple[Example, ...]:
        """Pushes without a finding."""
        ...

    @property
    def refused(self) -> tuple[Example, ...]:
        """Pushes with just the findings that they name."""
        ...

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Return everything that someone must look at."""
        ...


class RunningGate(Gate, Protocol):
    """A gate that runs programs, and so waits for other processes: `waits` says so."""

    waits: bool

    def has_work(self, candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
        """Tell whether the push changes anything that it judges; else it is neither run nor waited for.

        Args:
            candidate: with the files that the declaration names by path and language.
            declaration: the gate.
            changed: all paths that the push changes.
        """
        ...


class SolutionGate(Gate, Protocol):
    """A gate that judges solutions one by one: each of its findings stands in the folder of its solution."""

    def subjects(self, candidate: Candidate, declaration: Declaration) -> Mapping[str, tuple[Oid, Facts]]:
        """Return the folders of the solutions that it judges, each with its tree and what else answers depend on."""
        ...


class BlobGate(Gate, Protocol):
    """A gate that reads blobs: it judges every file by itself, and names each finding by the file's path."""

    def facts(self, candidate: Candidate, declaration: Declaration, entry: TreeEntry) -> Facts | None:
        """Return all that the answer for one file depends on besides its bytes; none if it does not judge the file."""
        ...
