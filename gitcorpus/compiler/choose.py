"""Which tag, which specs, and which release spec."""

from difflib import get_close_matches

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import Tag
from gitcorpus.model.view import ReleaseSpec
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.planned import unbuilt_fields
from gitcorpus.spec.sources import SpecSource


def choose_tag(repo: Repo, name: str) -> Tag:
    """Return the tag of a name.

    Raises:
        GitcorpusError: unknown-tag, or tag-not-a-commit.
    """
    short = name.removeprefix("refs/tags/")
    tag = repo.tag(short)
    if tag is not None:
        return tag
    oid = repo.ref(f"refs/tags/{short}")
    if oid is not None:
        sentence, hint = f"the tag `{short}` names no commit", "tag a commit"
        if repo.objects.is_nested(oid):
            sentence = f"before the commit of `{short}` stand more annotated tags than are followed"
            hint = f"tag the commit itself: git tag -a NAME -m NAME {short}^{{commit}}, and push it"
        raise GitcorpusError("tag-not-a-commit", sentence, hint=hint)
    names = [each.name for each in repo.tags()]
    near = get_close_matches(short, names, n=1)
    hint = (
        f"did you mean `{near[0]}`?" if near else f"git tag -a {short} -m {short} && git push origin {short}"
    )
    if repo.resolve(name) is not None:
        hint = f"`{name}` is no tag; releases are made from tags: git tag -a NAME {name}"
    raise GitcorpusError("unknown-tag", f"there is no tag `{short}` in {repo.path}", hint=hint)


def load_sound_specs(source: SpecSource, *, commit: Oid | None) -> Spec:
    """Return the specs.

    Raises:
        GitcorpusError: no-specs, or specs-broken with the first fault and how many there are.
    """
    loaded = load_specs(source, commit=commit)
    if loaded.spec is not None:
        return loaded.spec
    first = next(finding for finding in loaded.findings if finding.blocks)
    if first.code == "no-specs":
        hint = "add specs, or compile with specs from outside: --specs PATH"
        raise GitcorpusError("no-specs", "the tagged tree has no specs", hint=hint)
    n_faults = sum(finding.blocks for finding in loaded.findings)
    sentence = f"the specs have {n_faults} faults; the first: {first.sentence}"
    raise GitcorpusError(
        "specs-broken", sentence, place=str(first.place), hint="see all: gitcorpus spec check"
    )


def choose_release(spec: Spec, tag: str) -> ReleaseSpec:
    """Return the release spec whose tag pattern fits.

    Raises:
        GitcorpusError: no-release-for-tag or several-releases-for-tag.
    """
    fitting = spec.releases_of(tag)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        patterns = ", ".join(f"`{release.tags}`" for release in spec.releases) or "none"
        hint = f"tag patterns that are declared: {patterns}"
        raise GitcorpusError("no-release-for-tag", f"no release spec compiles the tag `{tag}`", hint=hint)
    named = ", ".join(f"{release.name} ({release.tags})" for release in fitting)
    place = str(fitting[1].place)
    raise GitcorpusError(
        "several-releases-for-tag", f"several release specs fit `{tag}`: {named}", place=place
    )


def refuse_planned(release: ReleaseSpec) -> None:
    """Refuse what the language knows and this version cannot do yet.

    Raises:
        GitcorpusError: not-built-yet.
    """
    for name, hint in unbuilt_fields("Release"):
        if getattr(release, name):
            sentence = f"the release asks for `{name}`, which this version does not do yet"
            raise GitcorpusError("not-built-yet", sentence, place=str(release.place), hint=hint)
