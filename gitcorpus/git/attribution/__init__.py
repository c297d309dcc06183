"""Which commit, path and line every line of a file came from, as `git blame` says, for whole trees at once."""

from gitcorpus.git.attribution.attribute import attribute, kept_at
from gitcorpus.git.attribution.attributor import Attributor, Files
from gitcorpus.git.attribution.blame import Extent

__all__ = ["Attributor", "Extent", "Files", "attribute", "kept_at"]
