"""Terraform: the providers that a module requires, and those that its lock file holds."""

from typing import Final

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, ManifestError, short
from gitcorpus.gates.manifests.structured import decoded
from gitcorpus.syntax.hcl import hcl_texts

_REGISTRIES: Final = ("registry.terraform.io/", "registry.opentofu.org/")
_REQUIRED: Final = ("terraform", "required_providers")
_BUILT_IN: Final = "terraform.io/builtin/"


def read_terraform(data: bytes) -> Manifest:
    """Read the required providers of one file of a module; a file without any declares nothing.

    Raises:
        ManifestError: if it is not UTF-8.
    """
    decoded(data)
    providers: dict[str, dict[str, tuple[str, int]]] = {}
    for route, text, line in hcl_texts(data):
        if route[:2] == _REQUIRED and len(route) in (3, 4):
            key = route[3] if len(route) == 4 else "version"  # noqa: PLR2004 - `aws = "~> 5.0"` as of old
            providers.setdefault(route[2], {})[key] = text, line
    found = []
    for name, held in providers.items():
        source, _ = held.get("source", (f"hashicorp/{name}", 0))
        wanted, _ = held.get("version", ("", 0))
        line = (held.get("version") or next(iter(held.values())))[1]
        if not source.startswith(_BUILT_IN):
            found.append(Dependency(_name(source), short(wanted), line))
    return Manifest(tuple(found))


def read_terraform_lock(data: bytes) -> Manifest:
    """Read a lock.

    Raises:
        ManifestError: if it is not UTF-8, or a provider in it has no version.
    """
    text = decoded(data)
    held = {route: (said, line) for route, said, line in hcl_texts(data)}
    found = [
        Dependency(_name(route[1]), short(said), line)
        for route, (said, line) in held.items()
        if route[0] == "provider" and len(route) == 3 and route[2] == "version"  # noqa: PLR2004 - label and key
    ]
    if len(found) != sum(line.startswith("provider ") for line in text.splitlines()):
        raise ManifestError("a provider has no version")
    return Manifest(tuple(found))


def _name(source: str) -> str:
    """Return a provider without the host of the public registry, which is meant where none is written."""
    bare = short(source).lower()
    host = next((host for host in _REGISTRIES if bare.startswith(host)), "")
    return bare.removeprefix(host)
