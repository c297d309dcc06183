"""Maven's `pom.xml`: dependencies, those that are managed, plugins and the parent.

Properties of the file itself are put in; a version that is told elsewhere, in a parent or a list of versions that is
imported, stays unknown. Modules of the same group and version as the project itself are its own, and so is a parent
whose path is written.
"""

import re
from typing import Final

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, ManifestError, short
from gitcorpus.gates.results.told import ReportError
from gitcorpus.gates.results.xml import hear

_KINDS: Final = {
    "dependency": "",
    "plugin": "org.apache.maven.plugins",
    "extension": "",
    "parent": "",
    "repository": "",
}
"""What is looked at, and the group that is meant where none is written."""
_REPOSITORIES: Final = ("repositories", "pluginRepositories")
_PROPERTY: Final = re.compile(r"\$\{([^${}]{1,200})\}")
_ROUNDS: Final = 5
_MOST: Final = 4000


def read_pom(data: bytes) -> Manifest:
    """Read a project.

    Raises:
        ManifestError: if it is no XML, or no project of Maven.
    """
    pom = _Pom()
    try:
        hear(data, pom, lines=pom.at)
    except ReportError as error:
        raise ManifestError(str(error), pom.line) from error
    return pom.manifest()


class _Block:
    """One dependency, plugin, parent or repository: its children's texts and its line."""

    def __init__(self, kind: str, line: int) -> None:
        self.kind = kind
        self.line = line
        self.texts: dict[str, str] = {}
        self.version_line = line


class _Pom:
    """Hears a project."""

    def __init__(self) -> None:
        self.line = 1
        self._route: list[str] = []
        self._text: list[str] = []
        self._open: list[_Block] = []
        self._blocks: list[_Block] = []
        self._project: dict[str, str] = {}
        self._properties: dict[str, str] = {}

    def at(self, line: int) -> None:
        """Hear on which line the next element begins."""
        self.line = line

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if not self._route and name != "project":
            raise ManifestError(f"it begins with <{short(name)[:40]}>, not with <project>", self.line)
        within = self._route[-1] if self._route else ""
        if _is_block(name, within):
            self._open.append(_Block(name, self.line))
        elif name == "version" and self._open and within == self._open[-1].kind:
            self._open[-1].version_line = self.line
        self._route.append(name)
        self._text = []

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        self._route.pop()
        said, self._text = short("".join(self._text)), []
        within = self._route[-1] if self._route else ""
        if self._open and _is_block(name, within):
            self._blocks.append(self._open.pop())
        elif self._open and within == self._open[-1].kind:
            self._open[-1].texts.setdefault(name, said)
        elif within == "project":
            self._project.setdefault(name, said)
        elif within == "properties":
            self._properties.setdefault(name, said)

    def manifest(self) -> Manifest:
        """Return what was heard."""
        parent = next((each.texts for each in self._blocks if each.kind == "parent"), {})
        for key in ("groupId", "version"):
            self._project.setdefault(key, parent.get(key, ""))
        for key, value in (
            *self._project.items(),
            *((f"parent.{key}", value) for key, value in parent.items()),
        ):
            self._properties.setdefault(f"project.{key}", value)
            self._properties.setdefault(f"pom.{key}", value)
        managed = {self._name(each): each for each in self._blocks if each.texts.get("version")}
        found = [self._dependency(each, managed) for each in self._blocks if each.kind != "repository"]
        sources = [
            (each.line, self._filled(each.texts.get("url", "")))
            for each in self._blocks
            if each.kind == "repository"
        ]
        own = f"{self._project.get('groupId', '')}:{self._project.get('artifactId', '')}"
        return Manifest(tuple(found), sources=tuple(sources), owns=(own,))

    def _dependency(self, block: _Block, managed: dict[str, _Block]) -> Dependency:
        name = self._name(block)
        if not all(name.split(":", 1)):
            raise ManifestError(f"a {block.kind} has no group or no artifact", block.line)
        told = block if block.texts.get("version") else managed.get(name, block)
        wanted = self._filled(told.texts.get("version", ""))
        line = block.version_line
        group = name.partition(":")[0]
        own = self._filled(self._project.get("groupId", "")), self._filled(self._project.get("version", ""))
        is_beside = block.kind == "dependency" and all(own) and (group, wanted) == own
        if is_beside or (block.kind == "parent" and block.texts.get("relativePath")):
            return Dependency(name, "", line, local=True)
        return Dependency(name, wanted, line, source=self._filled(block.texts.get("systemPath", "")))

    def _name(self, block: _Block) -> str:
        group = block.texts.get("groupId") or _KINDS[block.kind]
        return f"{self._filled(group)}:{self._filled(block.texts.get('artifactId', ''))}"

    def _filled(self, text: str) -> str:
        """Return a text with the values of properties, and those in their values."""
        for _ in range(_ROUNDS):
            if "${" not in text or len(text) > _MOST:
                break
            text = _PROPERTY.sub(lambda found: self._properties.get(found[1], found[0]), text)
        return short(text)


def _is_block(name: str, within: str) -> bool:
    """Tell whether an element is what its name says, by the element that it stands in."""
    if name == "parent":
        return within == "project"
    if name == "repository":
        return within in _REPOSITORIES
    return within == {"dependency": "dependencies", "plugin": "plugins", "extension": "extensions"}.get(name)
