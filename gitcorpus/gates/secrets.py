"""The gate `secrets`: nothing that a push brings holds a credential.

Everything is looked at: files of every commit, merges too; what commits and tags say and of whom; names of files and
of references; targets of symlinks; objects that nothing leads to. It is looked at as bytes, whatever it is called, and
what is packed or written otherwise is unpacked and read. A finding never holds the value; that goes to the vault, from
which an incident is made.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, partial
from hashlib import sha256
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.git.changes import commit_changes
from gitcorpus.model.declaration import Declaration, Scope
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.secret import Hit, Tier, redacted
from gitcorpus.model.tree import GITLINK
from gitcorpus.secrets.engine import Engine, engine_of, unique
from gitcorpus.secrets.unwrap import unwrapped
from gitcorpus.spec.load import ready_secret_pack

MAX_BYTES: Final = 512 << 20
"""Most bytes of a push that are looked at, if the declaration names no other number."""
_CLEAN: Final = b"[]"
_ADD: Final = "corpus/basics/add/north"


class SecretsGate:
    """Looks for secrets in everything that a push brings."""

    name = "secrets"
    version = "1"
    reads = Reads.PUSH
    accepted = (
        Example(
            title="a password that comes from outside",
            files={f"{_ADD}/add.py": "import os\n\npassword = os.environ['DB_PASSWORD']\n"},
        ),
    )
    refused = (
        Example(
            title="a password in an assignment",
            files={f"{_ADD}/add.py": 'password = "Tr0mbone-Garten-19"\n'},
            codes=("secret-generic",),
        ),
        Example(
            title="a private key",
            files={
                f"{_ADD}/key.txt": "-----BEGIN EC PRIVATE KEY-----\n"
                + "MHcCAQEEIK9x2\n" * 9
                + "-----END EC PRIVATE KEY-----\n"
            },
            codes=("secret",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge what is written of the push once, and the files of each tree that is judged."""
        limit = declaration.parameters.get("max_bytes")
        search = _Search(candidate, limit if isinstance(limit, int) else MAX_BYTES)
        if not candidate.earlier:
            yield from search.names()
            yield from search.commits()
            yield from search.tags()
        yield from search.files()
        if not candidate.earlier:
            yield from search.rest(every_commit=declaration.on is Scope.EVERY_COMMIT)


class _Search:
    """One candidate's secrets."""

    def __init__(self, candidate: Candidate, limit: int) -> None:
        self._candidate = candidate
        self._repo = candidate.repo
        self._left = limit
        self._limit = limit
        self._seen: set[Oid] = set()

    @cached_property
    def _engine(self) -> Engine:
        spec = self._candidate.spec
        return engine_of((ready_secret_pack(), *(spec.secret_rules if spec is not None else ())))

    def names(self) -> Iterator[Finding]:
        """Search the names of the reference, and of the changed files and folders."""
        ref = self._candidate.update.ref
        yield from self._of_name(ref, Place(path=ref))
        for entry in self._candidate.files:
            yield from self._of_name(entry.path, Place(path=entry.path))

    def commits(self) -> Iterator[Finding]:
        """Search every new commit's own text: headers and message."""
        for commit in self._candidate.commits:
            place = Place(path=f"commit {commit.oid[:12]}", commit=commit.oid)
            yield from self._of_object(commit.oid, place)

    def tags(self) -> Iterator[Finding]:
        """Search every annotated tag on the way to the commit."""
        if not self._candidate.update.deletes:
            for oid, _ in self._repo.objects.tags(self._candidate.update.new):
                yield from self._of_object(oid, Place(path=self._candidate.update.ref))

    def files(self) -> Iterator[Finding]:
        """Search every changed file, and every symlink's target."""
        for entry in self._candidate.files:
            if entry.mode != GITLINK:
                yield from self._of_object(entry.oid, Place(path=entry.path))
                if self._candidate.earlier:
                    yield from self._of_name(entry.path, Place(path=entry.path))

    def rest(self, *, every_commit: bool) -> Iterator[Finding]:
        """Search the objects that came with the push and stand in no tree that is judged.

        One that stands in an earlier commit is that commit's to tell, if every commit is judged.
        """
        for oid in self._repo.brought():
            if oid in self._seen or self._repo.objects.is_tree(oid):
                continue
            if self._candidate.memo.once(("secrets", oid), partial(self._hits_of, oid)):
                place = self._place_of(oid)
                if place.commit is None or not every_commit:
                    yield from self._of_object(oid, place)

    def _place_of(self, oid: Oid) -> Place:
        """Return where an object stands in the push's commits, or that it stands nowhere."""
        limit = self._candidate.server.max_files
        for commit in self._candidate.commits:
            for change in commit_changes(self._repo, commit, limit=limit):
                if change.new is not None and change.new.oid == oid:
                    return Place(path=change.path, commit=commit.oid)
        return Place(path=f"object {oid[:12]}")

    def _of_name(self, name: str, place: Place) -> Iterator[Finding]:
        hits = self._hits(name.encode("utf-8", "surrogateescape"))
        values = tuple(hit.value.decode("utf-8", "surrogateescape") for hit in hits)
        for hit in hits:
            where = replace(place, path=redacted(place.path, values))
            yield self._finding(replace(hit, line=0, column=0), where, None, "its name is")

    def _of_object(self, oid: Oid, place: Place) -> Iterator[Finding]:
        self._seen.add(oid)
        hits = self._candidate.memo.once(("secrets", oid), partial(self._hits_of, oid))
        for hit in hits:
            where = replace(place, line=hit.line or None, column=hit.column or None)
            yield self._finding(hit, where, oid, "it holds")

    def _hits_of(self, oid: Oid) -> tuple[Hit, ...]:
        """Return an object's hits; that it has none is known again."""
        store = self._candidate.memo.store
        key = sha256(f"secrets {self._engine.digest} {oid}".encode()).digest()
        if store is not None and store.recall(key) == _CLEAN:
            return ()
        self._left -= self._repo.objects.size(oid)
        if self._left < 0:
            sentence = (
                f"the push brings more than {self._limit >> 20} MiB that nobody looked at for secrets yet"
            )
            hint = (
                "push again, since what was found clean counts no more; or give the gate another `max_bytes`"
            )
            raise UnjudgedError("too-much-to-scan", sentence, hint=hint)
        hits = tuple(self._hits(self._repo.objects.read_any(oid)))
        if store is not None and not hits:
            store.keep("secrets", {key: _CLEAN})
        return hits

    def _hits(self, data: bytes) -> list[Hit]:
        """Return the secrets in some bytes and in what is wrapped in them."""
        found = self._engine.hits(data)
        for inner in unwrapped(data):
            for hit in self._engine.hits(inner.data):
                title = f"{hit.title} in {inner.inside}" if inner.inside else hit.title
                found.append(replace(hit, title=title, line=inner.line, column=0))
        return unique(found)

    def _finding(self, hit: Hit, place: Place, oid: Oid | None, what: str) -> Finding:
        vault, update = self._candidate.vault, self._candidate.update
        commit = self._candidate.snapshot.commit if self._candidate.snapshot is not None else None
        at = place if place.commit else replace(place, commit=commit)
        content = vault.expose(hit, place=at, ref=update.ref, blob=oid)
        known = hit.tier is Tier.KNOWN
        return Finding(
            code="secret" if known else "secret-generic",
            place=place,
            sentence=f"{what} a secret: {hit.title} ({hit.rule}, {content})",
            hint=_hint(content, known=known, may_allow=self._candidate.server.secrets.push_option),
            content=content,
            firm=known,
        )


def _hint(content: str, *, known: bool, may_allow: bool) -> str:
    rewrite = "take it out of every commit, and have it revoked: it has been on the server"
    if known:
        return rewrite
    if may_allow:
        return f'{rewrite}; if it is none: git push -o gitcorpus.allow={content}:"why"'
    return f"{rewrite}; if it is none, a waiver names it: contents: [{content}]"
