"""What is wrong with specs that load all the same: found by `spec check` and by the push that brings them.

Specs that judge and tags that were made long ago are loaded without it, so that a rule that comes later locks nobody
out and leaves every release as it was.
"""

from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.spec.contradictions import Standing, link_contradictions
from gitcorpus.spec.dead_globs import link_globs
from gitcorpus.spec.document import in_order
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.licences import link_licences
from gitcorpus.spec.load import Loaded
from gitcorpus.spec.nodes import Sheet
from gitcorpus.spec.planned import link_planned
from gitcorpus.spec.ref_globs import link_ref_globs
from gitcorpus.spec.sources import FOLDER, SpecSource
from gitcorpus.spec.strays import stray_files, stray_folders

_MOST: Final = 200


def review_specs(
    loaded: Loaded, source: SpecSource, *, standing: Standing, today: date
) -> tuple[Finding, ...]:
    """Return what is wrong with specs beyond what `load_specs` says of them, in the order of places.

    Args:
        loaded: the specs.
        source: where they come from, and the tree that they speak about.
        standing: what holds whatever they declare.
        today: the day on which waivers count as lapsed.
    """
    specs = loaded.documents

    def exists(path: str) -> bool:
        return source.size(path) is not None

    said = {(finding.code, finding.place.path, finding.place.line) for finding in loaded.findings}
    found = chain(
        link_planned(specs),
        link_licences(specs, exists),
        link_ref_globs(specs),
        link_contradictions(specs, standing, today),
        _missing_files(specs, source),
        _of_tree(specs, source),
    )
    fresh = (each for each in found if (each.code, each.place.path, each.place.line) not in said)
    return tuple(sorted(dict.fromkeys(islice(fresh, _MOST)), key=in_order))


def _missing_files(specs: Documents, source: SpecSource) -> Iterator[Finding]:
    for node in specs.texts("Corpus", "origins.ignore_revs_file"):
        if source.size(node.text) is None:
            sentence = f"there is no file `{node.text}` in the tree, and no release could be compiled"
            yield node.finding("no-such-file", sentence, "commit the file, or leave `ignore_revs_file` out")


def _of_tree(specs: Documents, source: SpecSource) -> Iterator[Finding]:
    """Find what only the tree shows."""
    if not source.has_tree:
        yield from link_globs(specs, None)
        return
    yield from stray_files(source)
    try:
        paths = tuple(source.paths())
    except UnjudgedError as error:
        sentence = f"{error.sentence}, so globs were not compared with its files"
        place = Sheet(FOLDER).place()
        yield Finding(code=error.code, place=place, sentence=sentence, severity=Severity.WARN)
        paths = None
    yield from link_globs(specs, paths)
    yield from stray_folders(source, paths or ())
