"""Who may change which paths: patterns, accounts, merges, tags."""

from dataclasses import replace

import pytest
from forge import Work
from gates.pushes import candidate_of, result_of
from smallest import ADD, CONTRIBUTORS, CORPUS, GATES, RELEASE, smallest

from gitcorpus.gates.registry import built_in
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.server import Server
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.owners import locked_out, owner_findings, owner_of, ownerships
from gitcorpus.spec.sources import DirectorySource

NO_ADMINS = Server(admins=("root",))
LEADS = CONTRIBUTORS.replace(
    "{id: lead, roles: [integrator], ", "{id: lead, roles: [leads], accounts: [boss, l.ead], "
)
WAIVERS = "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n"


@pytest.fixture
def work(forge) -> Work:
    work = smallest(forge)
    work.commit({"specs/contributors.yaml": LEADS}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    return work


def said(work, tip, pusher, *, ref="refs/heads/main", server=NO_ADMINS):
    found = result_of(candidate_of(work, tip, ref=ref, server=server, pusher=pusher), built_in("owners"))
    assert found.reason == ""
    return [f"{finding.place.path} {finding.code}" for finding in found.findings]


def owned(work, owners):
    policy = f"policy: {{branch: main, owners: {owners}}}"
    tip = work.commit({"specs/corpus.yaml": CORPUS.replace("policy: {branch: main}", policy)}, author="lead")
    work.git("branch", "--force", "main", tip)


@pytest.mark.parametrize(
    ("pusher", "codes"),
    [
        ("boss", []),
        ("l.ead", []),
        ("root", []),
        ("lead", ["specs/waivers.yaml not-an-owner"]),
        ("Boss", ["specs/waivers.yaml not-an-owner"]),
        ("north", ["specs/waivers.yaml not-an-owner"]),
        ("unheard-of", ["specs/waivers.yaml not-an-owner"]),
        ("", ["specs/waivers.yaml not-an-owner"]),
        (None, ["specs/waivers.yaml not-an-owner"]),
    ],
)
def test_the_account_that_pushes_counts_and_not_the_author(work, pusher, codes):
    tip = work.commit({"specs/waivers.yaml": WAIVERS}, author="lead")
    assert said(work, tip, pusher) == codes


@pytest.mark.parametrize(
    "change",
    [
        {"specs/gates.yaml": GATES + "# more\n"},
        {"specs/views/pairs.yaml": None},
        {"specs/new/curriculum.yml": "x\n"},
        {"specs": "no folder any more\n"},
        {"specs/README.md": "x\n"},
        {"agreements/ip.md": "Nothing.\n"},
        {"agreements/ip.md": None},
        {"agreements/other.md": "x\n"},
    ],
    ids=str,
)
def test_every_way_to_change_specs_and_agreements_has_owners(work, change):
    tip = work.commit(change)
    (line,) = said(work, tip, "north")
    assert line.endswith("not-an-owner")
    assert said(work, tip, "boss") == []


def test_the_text_of_an_agreement_has_owners_wherever_it_stands(work):
    elsewhere = LEADS.replace("agreements/ip.md", "LEGAL.md")
    tip = work.commit({"specs/contributors.yaml": elsewhere, "LEGAL.md": "Text.\n"}, author="lead")
    work.git("branch", "--force", "main", tip)
    assert said(work, work.commit({"LEGAL.md": "Mine.\n"}), "north") == ["LEGAL.md not-an-owner"]


def test_the_longest_pattern_counts(work):
    owned(work, '{"**": [north], specs/curriculum.yaml: [south], "corpus/basics": [east], "*.md": [leads]}')
    tip = work.commit(
        {
            "specs/curriculum.yaml": "x\n",
            "specs/gates.yaml": "x\n",
            f"{ADD}/add.py": "x = 1\n",
            "README.md": "x\n",
            "corpus/other.txt": "x\n",
        }
    )
    everything = {
        "specs/curriculum.yaml",
        "specs/gates.yaml",
        f"{ADD}/add.py",
        "README.md",
        "corpus/other.txt",
    }
    may = {
        "north": {"corpus/other.txt"},
        "south": {"specs/curriculum.yaml"},
        "east": {f"{ADD}/add.py"},
        "boss": {"specs/gates.yaml", "README.md"},
    }
    for pusher, mine in may.items():
        assert {line.split()[0] for line in said(work, tip, pusher)} == everything - mine
    assert said(work, tip, "root") == []


def test_one_finding_for_each_pattern_says_how_many_paths_there_are(work):
    tip = work.commit({f"specs/rules/{n}.yaml": "x\n" for n in range(20)})
    found = result_of(candidate_of(work, tip, server=NO_ADMINS, pusher="north"), built_in("owners"))
    (finding,) = found.findings
    assert finding.sentence == (
        "it and 19 more paths may be changed only by `leads` (`specs/`) and admins; `north` pushes"
    )


def test_a_merge_by_somebody_else_brings_nothing_in(work):
    base = work.head
    work.git("checkout", "--quiet", "-b", "topic")
    work.commit({"specs/waivers.yaml": WAIVERS}, author="lead")
    work.git("checkout", "--quiet", "--detach", base)
    work.commit({f"{ADD}/add.py": "x = 1\n"})
    work.git("merge", "--quiet", "--no-ff", "-m", "topic", "topic")
    assert said(work, work.head, "north") == ["specs/waivers.yaml not-an-owner"]
    assert said(work, work.head, "boss") == []


def test_a_branch_that_is_not_protected_may_propose(work):
    tip = work.commit({"specs/waivers.yaml": WAIVERS})
    assert said(work, tip, "north", ref="refs/heads/proposal") == []


def test_release_tags_are_made_by_the_owners_of_their_release_spec(work):
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"})
    assert said(work, tip, "north", ref="refs/tags/v1") == ["refs/tags/v1 not-a-release-owner"]
    assert said(work, tip, None, ref="refs/tags/v1") == ["refs/tags/v1 not-a-release-owner"]
    assert said(work, tip, "boss", ref="refs/tags/v1") == []
    assert said(work, tip, "root", ref="refs/tags/v1") == []
    assert said(work, tip, "north", ref="refs/tags/note") == []
    owned(work, "{specs/release.yaml: [north]}")
    assert said(work, tip, "north", ref="refs/tags/v1") == []


def test_without_leads_only_admins_own_the_specs(work):
    tip = work.commit({"specs/contributors.yaml": CONTRIBUTORS}, author="lead")
    work.git("branch", "--force", "main", tip)
    tip = work.commit({"specs/waivers.yaml": WAIVERS}, author="lead")
    assert said(work, tip, "lead") == ["specs/waivers.yaml not-an-owner"]
    assert said(work, tip, "root") == []
    spec = load_specs(DirectorySource(work.path), commit=None).spec
    (warning,) = owner_findings(spec)
    assert (warning.code, warning.blocks) == ("no-owners", False)
    assert owner_of("corpus/x.py", ownerships(spec)) is None


@pytest.mark.parametrize(
    "pattern", ["**", "**/*.yaml", "**/gates.yaml", "spec*/**", "[s]pecs/**", "s?ecs/gates.yaml"]
)
def test_no_wildcard_opens_the_specs_however_long_it_is(work, pattern):
    owned(work, f'{{"{pattern}": [north], corpus/: [north]}}')
    tip = work.commit({"specs/gates.yaml": GATES + "# more\n"})
    assert said(work, tip, "north") == ["specs/gates.yaml not-an-owner"]
    assert said(work, tip, "north", ref="refs/tags/v1") == [
        "refs/tags/v1 not-a-release-owner",
        "specs/gates.yaml not-an-owner",
    ]
    assert said(work, tip, "boss") == []


@pytest.mark.parametrize("pattern", ["specs", "specs/**", "specs/*.yaml", "specs/gates.yaml"])
def test_a_glob_that_names_the_specs_opens_them(work, pattern):
    owned(work, f'{{"{pattern}": [north]}}')
    assert said(work, work.commit({"specs/gates.yaml": GATES + "# more\n"}), "north") == []


def test_the_folder_of_the_agreements_can_be_given_away(work):
    owned(work, "{agreements/: [south]}")
    tip = work.commit({"agreements/ip.md": "More.\n"})
    assert said(work, tip, "south") == []
    assert said(work, tip, "boss") == ["agreements/ip.md not-an-owner"]


def test_a_release_that_requires_less_ships_no_specs_of_others_either(work):
    modest = RELEASE + "requires: push\n"
    policy = "policy: {branch: main, owners: {specs/release.yaml: [north]}}"
    files = {
        "specs/release.yaml": modest,
        "specs/corpus.yaml": CORPUS.replace("policy: {branch: main}", policy),
    }
    work.git("branch", "--force", "main", work.commit(files, author="lead"))
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"})
    assert said(work, tip, "north", ref="refs/tags/v1") == []
    tip = work.commit({"agreements/ip.md": "Everything is granted.\n"})
    assert said(work, tip, "north", ref="refs/tags/v1") == ["agreements/ip.md not-an-owner"]


def test_tags_that_select_commits_have_owners_and_stay(work):
    selecting = RELEASE + 'select: {commits: "tag:accepted/*"}\n'
    work.git("branch", "--force", "main", work.commit({"specs/release.yaml": selecting}, author="lead"))
    tip = work.head
    assert said(work, tip, "north", ref="refs/tags/accepted/1") == [
        "refs/tags/accepted/1 not-a-release-owner"
    ]
    assert said(work, tip, "boss", ref="refs/tags/accepted/1") == []
    gone = replace(candidate_of(work, tip, ref="refs/tags/accepted/1"), snapshot=None)
    update = replace(gone.update, old=tip, new=ZERO_OID)
    found = result_of(replace(gone, update=update), built_in("refs"))
    assert [finding.code for finding in found.findings] == ["ref-deleted"]


def test_specs_that_lock_their_owners_out_are_found(work):
    signed = GATES + "gates:\n  - {id: rights, uses: rights, with: {identity: signed}}\n"
    work.commit({"specs/gates.yaml": signed}, author="lead")
    spec = load_specs(DirectorySource(work.path), commit=None).spec
    assert [each.sentence for each in locked_out(spec)] == [
        "the gate `rights` asks for signed commits, and no owner of the specs has `keys:`"
    ]
    found = result_of(candidate_of(work, work.head, server=NO_ADMINS, pusher="boss"), built_in("spec"))
    assert "owners-locked-out" in [finding.code for finding in found.findings]
    mute = LEADS.replace("accounts: [boss, l.ead]", "accounts: []")
    work.commit({"specs/gates.yaml": GATES, "specs/contributors.yaml": mute}, author="lead")
    spec = load_specs(DirectorySource(work.path), commit=None).spec
    assert [each.sentence for each in locked_out(spec)] == ["no owner of the specs has an account: lead"]
