"""What stands behind a commit: the account that pushes it, or a signature of its author."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from forge import identity
from gates.pushes import candidate_of, codes_of, paste, result_of
from inline_snapshot import snapshot
from smallest import ADD, CONTRIBUTORS, SERVER, SPECS, smallest

from gitcorpus.gates.registry import built_in
from gitcorpus.model.declaration import Stage

PUSHER = replace(built_in("rights"), parameters={"identity": "pusher"})
SIGNED = replace(built_in("rights"), parameters={"identity": "signed"})
UNNAMED = replace(SERVER, pusher_account=False)
LEAD = "Signed-off-by: Author Lead <lead@corpus.example>\n"
NORTH = "Signed-off-by: Author North <north@corpus.example>\n"
needs_ssh = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen (openssh-client) is not there"
)


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "-b", "topic")
    return work


def candidate(work, tip, *, ref="refs/heads/main", pusher="north", server=SERVER, arrived=None, **more):
    at = datetime(2026, 2, 1, tzinfo=UTC) if arrived is None else arrived
    found = candidate_of(work, tip, ref=ref, pusher=pusher, server=server)
    return replace(found, arrived=int(at.timestamp()), **more)


@pytest.mark.parametrize(
    ("author", "committer", "signed_off", "codes"),
    [
        ("north", "north", NORTH, []),
        ("north", "lead", NORTH, []),  # somebody amended or rebased it; its author pushes
        ("lead", "lead", LEAD, ["author-not-pusher"]),
        ("lead", "south", LEAD, ["author-not-pusher"]),
        ("lead", "north", LEAD, ["relay-unsigned"]),
        ("lead", "north", LEAD + NORTH, []),
        ("lead", "north", NORTH, ["sign-off-foreign"]),
        ("lead", "Lead <lead@home.example>", LEAD, ["author-not-pusher"]),
        ("Lead <lead@corpus.examp1e>", "north", LEAD + NORTH, ["author-unknown"]),
    ],
)
def test_a_commit_is_of_the_person_who_pushes(work, author, committer, signed_off, codes):
    by = {key: value for key, value in identity(committer).items() if "COMMITTER" in key}
    message = f"one\n\nCo-authored-by: Author North <north@corpus.example>\n{signed_off}"
    tip = work.commit({f"{ADD}/a.py": ""}, message, author=author, env=by, sign_off=False)
    work.git("update-ref", "refs/heads/topic", "main")
    assert sorted(codes_of(candidate(work, tip), PUSHER)) == codes


def test_all_new_commits_of_a_push_are_judged_and_not_only_its_tip(work):
    work.commit({f"{ADD}/a.py": ""}, author="lead")
    work.commit({f"{ADD}/b.py": ""}, author="south")
    tip = work.commit({f"{ADD}/c.py": ""})
    work.git("update-ref", "refs/heads/topic", "main")
    assert codes_of(candidate(work, tip), PUSHER) == ["author-not-pusher"] * 2
    assert codes_of(candidate(work, tip), built_in("rights")) == []


def test_a_branch_that_somebody_else_pushed_can_be_merged_and_no_commit_slips_in_with_it(work):
    work.commit({f"{ADD}/a.py": ""}, author="south")
    work.git("checkout", "--quiet", "--detach", "main")
    merge = work.merge("topic", message=f"merge\n\n{NORTH}")
    assert codes_of(candidate(work, merge), PUSHER) == []
    work.git("checkout", "--quiet", "--detach", "main")
    unseen = work.commit({f"{ADD}/b.py": ""}, author="south")
    work.git("checkout", "--quiet", "--detach", merge)
    merge = work.merge(unseen, message=f"merge\n\n{NORTH}")
    assert codes_of(candidate(work, merge), PUSHER) == ["author-not-pusher"]


@pytest.mark.parametrize(
    "ref", ["refs/gitcorpus/refused/2026-02-01/1", "refs/gitcorpus/pending/1", "refs/notes/x"]
)
def test_what_was_only_kept_or_parked_was_not_let_in(work, ref):
    tip = work.commit({f"{ADD}/a.py": ""}, author="lead")
    work.git("update-ref", ref, tip)
    work.checkout("main")
    work.git("branch", "--quiet", "-D", "topic")
    assert codes_of(candidate(work, tip), PUSHER) == ["author-not-pusher"]
    work.git("update-ref", "refs/tags/seen", tip)
    assert codes_of(candidate(work, tip), PUSHER) == []


def test_a_branch_that_the_declaration_does_not_judge_holds_nothing(work):
    tip = work.commit({f"{ADD}/a.py": ""}, author="lead")
    assert codes_of(candidate(work, tip), PUSHER) == []
    assert codes_of(candidate(work, tip), replace(PUSHER, when=Stage.MERGE)) == ["author-not-pusher"]
    assert codes_of(candidate(work, tip), replace(PUSHER, refs=("refs/heads/main",))) == ["author-not-pusher"]


def test_an_integrator_pushes_for_others(forge):
    work = forge.work()
    people = CONTRIBUTORS.replace("{id: south,", "{id: south, roles: [integrator],").replace(
        "{id: east,", "{id: east, roles: [importer],"
    )
    work.commit({**SPECS, "specs/contributors.yaml": people}, "specs", author="lead")
    work.git("checkout", "--quiet", "--detach")
    tip = work.commit({f"{ADD}/a.py": ""})
    assert codes_of(candidate(work, tip, pusher="south"), PUSHER) == []
    assert codes_of(candidate(work, tip, pusher="east"), PUSHER) == ["author-not-pusher"]
    others = replace(PUSHER, parameters={"identity": "pusher", "integrators": ["importer"]})
    assert codes_of(candidate(work, tip, pusher="south"), others) == ["author-not-pusher"]
    assert codes_of(candidate(work, tip, pusher="east"), others) == []
    nobody = replace(PUSHER, parameters={"identity": "pusher", "integrators": []})
    assert codes_of(candidate(work, tip, pusher="south"), nobody) == ["author-not-pusher"]


def test_an_account_of_nobody_is_told_the_line_that_claims_it(work):
    tip = work.commit({f"{ADD}/a.py": ""})
    work.git("update-ref", "refs/heads/topic", "main")
    (finding,) = result_of(candidate(work, tip, pusher="n smith: x"), PUSHER).findings
    assert (finding.code, str(finding.place)) == ("pusher-unclaimed", "refs/heads/main")
    assert finding.sentence == snapshot("no contributor has the account `n smith: x`, which pushes")
    line = '`accounts: [north, "n smith: x"]` at specs/contributors.yaml:5:5'
    assert finding.hint == f"if it is the account of `north`, a lead writes {line}"
    people = CONTRIBUTORS.replace("{id: north,", '{id: north, accounts: [north, "n smith: x"],')
    work.commit({"specs/contributors.yaml": people}, author="lead")
    work.git("update-ref", "refs/heads/main", "HEAD")
    tip = work.commit({f"{ADD}/b.py": ""})
    work.git("update-ref", "refs/heads/topic", "main")
    assert codes_of(candidate(work, tip, pusher="n smith: x"), PUSHER) == []


def test_commits_of_several_people_do_not_say_whose_the_account_is(work):
    work.commit({f"{ADD}/a.py": ""})
    tip = work.commit({f"{ADD}/b.py": ""}, author="south")
    work.git("update-ref", "refs/heads/topic", "main")
    (finding,) = result_of(candidate(work, tip, pusher="on"), PUSHER).findings
    assert finding.hint == snapshot(
        'a lead writes `accounts: ["on"]` into the entry of its owner in specs/contributors.yaml'
    )


def test_a_push_without_a_name_is_refused_where_the_server_names_pushers(work):
    tip = work.commit({f"{ADD}/a.py": ""}, author="lead")
    work.git("update-ref", "refs/heads/topic", "main")
    assert codes_of(candidate(work, tip, pusher=None), PUSHER) == ["pusher-unknown"]
    by_variable = replace(UNNAMED, pusher_variables=("PUSHER",))
    assert codes_of(candidate(work, tip, pusher=None, server=by_variable), PUSHER) == ["pusher-unknown"]
    assert codes_of(candidate(work, tip, pusher=None, server=UNNAMED), PUSHER) == []
    assert codes_of(candidate(work, tip, pusher=None, server=UNNAMED), SIGNED) == ["signature-missing"]


def test_an_import_asks_for_no_identity_and_for_the_rest(work):
    tip = work.commit({f"{ADD}/a.py": ""}, author="lead", date="2026-01-06", sign_off=False)
    late = {"importing": True, "arrived": datetime(2026, 1, 5, 12, tzinfo=UTC)}
    work.git("update-ref", "refs/heads/topic", "main")
    for declared in (PUSHER, SIGNED):
        assert codes_of(candidate(work, tip, **late), declared) == ["sign-off-missing"]


@pytest.mark.parametrize("declared", [PUSHER, SIGNED])
def test_a_date_within_an_agreement_that_ended_helps_nobody(work, declared):
    tip = work.commit({f"{ADD}/a.py": ""}, author="east", date="2026-06-01T00:00:00Z")
    work.git("update-ref", "refs/heads/topic", "main")

    def codes(arrived, **parameters):
        asked = replace(declared, parameters={**declared.parameters, **parameters})
        found = codes_of(candidate(work, tip, pusher="east", arrived=arrived), asked)
        return [code for code in found if code != "signature-missing"]

    assert codes(datetime(2026, 6, 30, 23, tzinfo=UTC)) == []
    assert codes(datetime(2026, 7, 1, tzinfo=UTC)) == ["arrived-after-agreement"]
    assert codes(datetime(2026, 7, 10, tzinfo=UTC), grace_days=10) == []
    assert codes(datetime(2026, 7, 11, tzinfo=UTC), grace_days=10) == ["arrived-after-agreement"]
    assert codes(datetime(2026, 7, 1, tzinfo=UTC), identity="claimed") == []


DATES = [
    (1_000_000_000_000, "+0000", ["date-impossible"]),  # the year 33658
    (253_402_300_800, "+0000", ["date-impossible"]),  # the year 10000
    (0, "+0000", ["date-impossible"]),
    (1_769_900_000, "+9999", ["date-impossible"]),
    (1_769_900_000, "-2359", ["date-impossible"]),
    (1_769_900_000, "+1400", []),
    (1_769_900_000, "-1200", []),
    (1_769_904_000 + 600, "+0000", []),
    (1_769_904_000 + 601, "+0000", ["date-after-push"]),
    (4_070_908_800, "+0000", ["date-after-push"]),  # 2099
]


@pytest.mark.parametrize("whose", ["author", "committer"])
@pytest.mark.parametrize(("seconds", "zone", "codes"), DATES)
def test_dates_lie_in_the_calendar_and_not_after_the_push(work, whose, seconds, zone, codes):
    raw = work.git("cat-file", "commit", work.commit({f"{ADD}/a.py": ""})).stdout.split("\n")
    line = next(number for number, text in enumerate(raw) if text.startswith(whose))
    raw[line] = f"{raw[line].rpartition('>')[0]}> {seconds} {zone}"
    tip = work.git(
        "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin="\n".join(raw)
    ).stdout.strip()
    work.git("update-ref", "refs/heads/topic", "main")
    found = codes_of(candidate(work, tip, arrived=datetime(2026, 2, 1, tzinfo=UTC)), PUSHER)
    assert [code for code in found if not code.startswith("agreement")] == codes


def test_a_rebase_is_no_date_before_a_parent_and_a_clock_that_is_wrong_is(work):
    work.commit({f"{ADD}/old.py": ""}, date="2026-01-10")
    work.checkout("main")
    work.commit({"README.md": "newer\n"}, author="lead", date="2026-01-20")
    work.checkout("topic")
    work.git("rebase", "--quiet", "main", env={"GIT_COMMITTER_DATE": "2026-01-21T00:00:00Z"})
    rebased = work.head
    work.git("update-ref", "refs/heads/topic", "main")
    (finding,) = result_of(candidate(work, rebased), PUSHER).findings
    assert (finding.code, finding.blocks) == ("written-before-parent", False)
    work.git("checkout", "--quiet", "--detach", "main")
    tip = work.commit({f"{ADD}/b.py": ""}, date="2026-01-19T23:49:59Z")
    (finding,) = result_of(candidate(work, tip), PUSHER).findings
    assert (finding.code, finding.blocks) == ("date-before-parent", True)
    paste(work, finding.hint, {**identity("north"), "GIT_COMMITTER_DATE": "2026-01-22T00:00:00Z"})
    assert [each.blocks for each in result_of(candidate(work, work.head), PUSHER).findings] == [False]
    on_time = replace(PUSHER, parameters={"identity": "pusher", "skew": 700})
    assert codes_of(candidate(work, tip), on_time) == []


def key_of(folder: Path, name: str, kind: str, *more: str) -> str:
    subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-C", name, "-t", kind, *more, "-f", str(folder / name)], check=True
    )
    return (folder / f"{name}.pub").read_text().strip()


@needs_ssh
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("ed25519", ()),
        ("ecdsa", ("-b", "256")),
        ("ecdsa", ("-b", "384")),
        ("ecdsa", ("-b", "521")),
        ("rsa", ("-b", "2048")),
    ],
)
def test_a_commit_that_git_signed_with_a_key_of_its_author(forge, tmp_path, kind, more):
    key = key_of(tmp_path, "north", kind, *more)
    key_of(tmp_path, "other", "ed25519")
    work = forge.work()
    people = CONTRIBUTORS.replace("{id: north,", f"{{id: north, keys: ['{key}'],")
    work.commit({**SPECS, "specs/contributors.yaml": people}, "specs", author="lead")
    work.git("checkout", "--quiet", "--detach")
    base = work.head
    for name, value in {
        "gpg.format": "ssh",
        "user.signingKey": f"{tmp_path}/north",
        "commit.gpgSign": "true",
    }.items():
        work.git("config", name, value)
    assert codes_of(candidate(work, work.commit({f"{ADD}/a.py": ""})), SIGNED) == []
    assert codes_of(candidate(work, work.commit({f"{ADD}/b.py": ""}, author="south")), SIGNED) == [
        "signature-foreign"
    ]
    work.git("checkout", "--quiet", "--detach", base)
    work.git("config", "user.signingKey", f"{tmp_path}/other")
    assert codes_of(candidate(work, work.commit({f"{ADD}/c.py": ""})), SIGNED) == ["signature-foreign"]
    work.git("checkout", "--quiet", "--detach", base)
    work.git("config", "commit.gpgSign", "false")
    work.commit({f"{ADD}/d.py": ""})
    result = result_of(candidate(work, work.head), SIGNED)
    assert [each.code for each in result.findings] == ["signature-missing"]
    work.git("config", "user.signingKey", f"{tmp_path}/north")
    paste(work, result.findings[0].hint, identity("north"))
    assert codes_of(candidate(work, work.head), SIGNED) == []
