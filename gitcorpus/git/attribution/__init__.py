"""Which commit, path and line every line of a file came from, as `git blame` says, for whole trees at once."""

from gitcorpus.git.attribution.attribute import attribute, count_kept, forget_kept, kept_at
from gitcorpus.git.attribution.attributor import Attributor, Files
from gitcorpus.git.attribution.blame import DEFAULT, Extent
from gitcorpus.git.attribution.ignored import read_ignored

__all__ = [
    "DEFAULT",
    "Attributor",
    "Extent",
    "Files",
    "attribute",
    "count_kept",
    "forget_kept",
    "kept_at",
    "read_ignored",
]
