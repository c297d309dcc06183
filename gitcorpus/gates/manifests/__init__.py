"""Manifests and lock files: which packages they ask for, in which versions, on which line.

They are pushed, so they are hostile: read in a process apart, by libraries and the standard library, and bounded in
size. What cannot be read is a fault and never an empty manifest.
"""

from gitcorpus.gates.manifests.kinds import KINDS, Kind, kind_of, made, read_manifest
from gitcorpus.gates.manifests.manifest import MOST_BYTES, Dependency, Ecosystem, Manifest

__all__ = [
    "KINDS",
    "MOST_BYTES",
    "Dependency",
    "Ecosystem",
    "Kind",
    "Manifest",
    "kind_of",
    "made",
    "read_manifest",
]
