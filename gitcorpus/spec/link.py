"""Names of one document to things of another: every name that leads nowhere, everything that is said twice."""

from collections.abc import Callable, Iterator
from itertools import chain

from gitcorpus.model.finding import Finding
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.link_corpus import link_corpus
from gitcorpus.spec.link_curriculum import link_curriculum
from gitcorpus.spec.link_gates import link_gates
from gitcorpus.spec.link_people import link_people
from gitcorpus.spec.link_rules import link_rules
from gitcorpus.spec.link_secret_rules import link_secret_rules
from gitcorpus.spec.link_views import link_views


def link(specs: Documents, exists: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield what is wrong between the documents; `exists` tells whether a path is a file of the tree."""
    return chain(
        link_corpus(specs),
        link_curriculum(specs),
        link_gates(specs),
        link_people(specs, exists),
        link_rules(specs),
        link_secret_rules(specs),
        link_views(specs),
    )
