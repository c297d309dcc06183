"""Nobody takes the gates away in one push and lands anything in the next one: real pushes to a real server."""

from smallest import ADD, CONTRIBUTORS, CORPUS, SPECS

GATELESS = "apiVersion: gitcorpus/v1\nkind: Gates\ngates:\n  - {id: size, uses: size}\n"
FOREVER = (
    "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers:\n"
    '  - {gate: rights, paths: ["**"], reason: because, by: lead, until: 2999-12-31}\n'
)


def pushed_specs(forge, installed, specs=SPECS):
    work = forge.clone(installed)
    work.commit(specs, "specs", author="lead")
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted
    return work


def tip_of(work):
    return work.git("ls-remote", "origin", "refs/heads/main").stdout.split()[0]


def test_an_ordinary_contributor_sets_no_bar(forge, installed):
    work = pushed_specs(forge, installed)
    before = tip_of(work)
    attempts = {
        "the gates": {"specs/gates.yaml": GATELESS},
        "a waiver": {"specs/waivers.yaml": FOREVER},
        "a role": {
            "specs/contributors.yaml": CONTRIBUTORS.replace("{id: north, ", "{id: north, roles: [leads], ")
        },
        "an agreement": {"agreements/ip.md": "Nothing is granted.\n"},
        "the owners": {
            "specs/corpus.yaml": CORPUS.replace("{branch: main}", "{branch: main, owners: {specs/: [north]}}")
        },
    }
    for files in attempts.values():
        work.git("checkout", "--quiet", "--detach", before)
        work.commit(files)
        refused = work.push("HEAD:main", env={"PUSHER": "north"})
        assert not refused.accepted
        assert "not-an-owner" in refused.remote
    assert work.push("HEAD:refs/heads/proposal", env={"PUSHER": "north"}).accepted
    assert tip_of(work) == before

    work.git("checkout", "--quiet", "--detach", before)
    work.commit({f"{ADD}/add.py": "def add(a, b:\n"}, author="x <x@evil.example>", sign_off=False)
    refused = work.push("HEAD:main", env={"PUSHER": "nobody"})
    assert not refused.accepted
    for code in ("author-unknown", "syntax-error"):
        assert code in refused.remote
    assert tip_of(work) == before

    work.git("fetch", "--quiet", "origin")
    assert work.push("origin/proposal:refs/heads/main", env={"PUSHER": "lead"}).accepted
    assert tip_of(work) == work.oid("origin/proposal")


def test_approvals_are_refused_with_their_place_and_owners_hold(forge, installed):
    work = pushed_specs(forge, installed)
    before = tip_of(work)
    owned = CORPUS.replace("{branch: main}", "{branch: main, owners: {specs/: [south]}, approvals: 1}")
    work.commit({"specs/corpus.yaml": owned}, author="lead")
    refused = work.push("HEAD:main", env={"PUSHER": "lead"})
    assert not refused.accepted
    assert "specs/corpus.yaml:4:62 not-built-yet" in refused.remote
    assert tip_of(work) == before

    work.git("checkout", "--quiet", "--detach", before)
    work.commit({"specs/corpus.yaml": owned.replace(", approvals: 1", "")}, author="lead")
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted
    work.commit({"specs/gates.yaml": GATELESS}, author="south")
    assert "not-an-owner" in work.push("HEAD:main", env={"PUSHER": "north"}).remote
    assert work.push("HEAD:main", env={"PUSHER": "south"}).accepted
    assert tip_of(work) == work.head
