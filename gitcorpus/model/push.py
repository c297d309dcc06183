"""What arrives: the refs that one push wants to move, its options, and who sent it."""

from dataclasses import dataclass

from gitcorpus.model.place import Oid


@dataclass(frozen=True, slots=True, kw_only=True)
class RefUpdate:
    """One line of a push; an oid of zeros means that the ref does not exist on that side."""

    ref: str
    old: Oid
    new: Oid

    @property
    def creates(self) -> bool:
        """Tell whether the ref is new."""
        return not self.old.strip("0")

    @property
    def deletes(self) -> bool:
        """Tell whether the ref goes away."""
        return not self.new.strip("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One receive: what `git receive-pack` hands to the pre-receive hook."""

    updates: tuple[RefUpdate, ...]
    options: tuple[str, ...] = ()
    pusher: str | None = None
    """Who pushed, from the source of identity that the server's file names; none when it gave no name."""
    quarantine: str | None = None
    """Directory that holds the pushed objects until the push is accepted."""
