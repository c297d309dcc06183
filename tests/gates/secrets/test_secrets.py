"""Secrets pushed to a real repository with real hooks: none lands, none is written down, and each has its incident."""

import json
import random
from pathlib import Path

import pytest
from forge import Forge, Work
from gates.secrets.made_up import Draw, crc62, look_alikes, planted
from smallest import ADD, SPECS

from gitcorpus.cli.app import main
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind

GATES = """\
apiVersion: gitcorpus/v1
kind: Gates
gates:
  - {id: secrets, uses: secrets, on: every-commit}
"""
PASSWORD = "Kessel-41Feder_87"


def installed(forge: Forge, gates: str = GATES, server: str = "") -> tuple[Work, Path]:
    """Return a work tree, and the bare repository that it pushes to and that judges."""
    work, bare = forge.work(), forge.bare()
    work.commit({**SPECS, "specs/gates.yaml": gates}, "specs", author="lead")
    assert main(["server", "install", str(bare), "--admin", "root"]) == 0
    if server:
        file = bare / "gitcorpus/server.yaml"
        file.write_text(file.read_text() + server)
    work.git("remote", "add", "origin", str(bare))
    assert work.push("main").accepted
    return work, bare


def last_verdict(bare: Path) -> dict:
    return [entry for entry in Ledger.of(bare).entries() if entry.kind is EntryKind.VERDICT][-1].body


def found(bare: Path) -> list[dict]:
    """Return what the gate said of the last push."""
    (gate,) = [each for each in last_verdict(bare)["gates"] if each["gate"] == "secrets"]
    return gate["findings"]


def incidents(bare: Path, capsys, *words: str) -> list[dict]:
    capsys.readouterr()
    assert main(["incidents", "list", "--all", "--json", "--repo", str(bare), *words]) == 0
    return json.loads(capsys.readouterr().out)


def anywhere(folder: Path, value: str) -> list[Path]:
    """Return the files that hold a value."""
    data = value.encode()
    return [path for path in folder.rglob("*") if path.is_file() and data in path.read_bytes()]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> tuple[Work, Path]:
    return installed(Forge(tmp_path_factory.mktemp("secrets")))


@pytest.mark.parametrize("seed", [1, 2])
def test_none_of_the_planted_ones_lands(corpus, seed):
    work, bare = corpus
    all_of_them = planted(seed)
    assert len(all_of_them) >= 60
    assert len({each.kind for each in all_of_them}) >= 25
    assert len({each.wrapping for each in all_of_them}) >= 20
    let_pass, misjudged = [], []
    for each in all_of_them:
        outcome = work.push(each.plant(work))
        if outcome.accepted:
            let_pass.append(each.name)
        elif not any(finding["code"] == "secret" or not each.known for finding in found(bare)):
            misjudged.append(each.name)
        assert each.value not in outcome.remote, each.name
        assert not anywhere(bare / "gitcorpus", each.value), each.name
    assert (let_pass, misjudged) == ([], [])


@pytest.mark.parametrize("seed", [1, 2])
def test_what_only_looks_like_a_secret_lands(corpus, seed):
    work, bare = corpus
    files = look_alikes(seed)
    assert len(files) >= 80
    work.git("checkout", "-q", "-B", f"look-alikes-{seed}", "main")
    work.git("clean", "-qfdx")
    work.commit({f"{ADD}/look/{name}": data for name, data in files.items()}, "nothing to hide")
    work.push()
    assert len({finding["path"] for finding in found(bare)}) <= 2


def token() -> str:
    body = Draw(f"{random.random()}").text(30)
    return "gh" + "p_" + body + crc62(body)


def test_the_verdict_names_the_place_and_a_way_out(forge):
    work, _ = installed(forge)
    work.commit({f"{ADD}/a.py": f'x = 1\nTOKEN = "{token()}"\n'})
    said = work.push("HEAD:refs/heads/topic").remote
    assert (
        f"{ADD}/a.py:2:10 secret: it holds a secret: GitHub Personal Access Token (betterleaks.github-pat, "
        in said
    )
    assert "hint: take it out of every commit, and have it revoked: it has been on the server" in said


def test_every_push_of_a_secret_adds_to_its_incident(forge, capsys):
    work, bare = installed(forge)
    value = token()
    work.commit({f"{ADD}/a.py": f'TOKEN = "{value}"\n'})
    work.push("HEAD:refs/heads/one")
    work.commit({f"{ADD}/a.py": "x = 1\n"})
    work.push("HEAD:refs/heads/two", options=["judge-only"])
    (incident,) = incidents(bare, capsys)
    assert (incident["times"], incident["state"], incident["tier"]) == (2, "open", "known")
    assert main(["incidents", "show", incident["id"][:6], "--json", "--repo", str(bare)]) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert {sight["ref"] for sight in shown["sights"]} == {"refs/heads/one", "refs/heads/two"}
    assert {sight["commit"] for sight in shown["sights"]} == {work.oid("HEAD~1")}
    assert main(["incidents", "show", incident["id"], "--repo", str(bare)]) == 0
    assert value not in capsys.readouterr().out
    assert main(["incidents", "close", incident["id"], "--reason", "replaced", "--repo", str(bare)]) == 0
    assert incidents(bare, capsys)[0]["state"] == "closed"


def test_an_incident_that_is_not_there_is_said(forge, capsys):
    _, bare = installed(forge)
    for name in ("123", "%", ""):
        assert main(["incidents", "show", name, "--repo", str(bare)]) == 2
        assert "unknown-incident: there is no incident" in capsys.readouterr().err
    assert main(["incidents", "list", "--repo", str(bare)]) == 0


def test_a_known_one_has_no_way_round(forge):
    waiver = (
        "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers:\n  - {gate: secrets, paths: ['**'],"
        " reason: all of it, by: lead, until: 2099-12-31}\n"
    )
    soft = GATES.replace("on: every-commit", "on: every-commit, severity: warn")
    work, bare = installed(forge, soft, "secrets: {push_option: true}\n")
    work.commit({"specs/waivers.yaml": waiver}, "waiver", author="lead")
    assert work.push("main").accepted
    work.commit({f"{ADD}/a.py": f'TOKEN = "{token()}"\n'})
    assert not work.push("HEAD:refs/heads/topic").accepted
    (finding,) = found(bare)
    content = finding["sentence"].rpartition(", ")[2].removesuffix(")")
    assert not work.push("HEAD:refs/heads/topic", options=[f"gitcorpus.allow={content}:test vector"]).accepted


def test_a_generic_one_passes_with_a_reason_where_the_server_says_so(forge, capsys):
    work, bare = installed(forge, server="secrets: {push_option: true}\n")
    work.commit({f"{ADD}/a.py": f'password = "{PASSWORD}"\n'})
    said = work.push("HEAD:refs/heads/topic").remote
    (incident,) = incidents(bare, capsys)
    assert f'git push -o gitcorpus.allow={incident["id"]}:"why"' in said
    work.git("mv", f"{ADD}/a.py", f"{ADD}/b.py")
    work.commit({f"{ADD}/b.py": f'# moved\n\npassword = "{PASSWORD}"\n'})
    assert (
        "write -o gitcorpus.allow=ID"
        in work.push("HEAD:refs/heads/topic", options=["gitcorpus.allow=12"]).remote
    )
    allowed = work.push(
        "HEAD:refs/heads/topic", options=[f'gitcorpus.allow={incident["id"]}:"a test vector"']
    )
    assert allowed.accepted
    assert {finding["waived_by"] for finding in found(bare)} == {"push-option"}
    assert last_verdict(bare)["options"] == [f'gitcorpus.allow={incident["id"]}:"a test vector"']
    (incident,) = incidents(bare, capsys)
    assert incident["state"] == "allowed"
    work.commit({f"{ADD}/b.py": f'password = "{PASSWORD}"  # once more\n'})
    assert work.push(
        "HEAD:refs/heads/topic", options=[f"gitcorpus.allow={incident['id']}:it is {PASSWORD}"]
    ).accepted
    assert not anywhere(bare / "gitcorpus", PASSWORD)


def test_where_the_server_does_not_say_so_no_option_helps(forge, capsys):
    work, bare = installed(forge)
    work.commit({f"{ADD}/a.py": f'password = "{PASSWORD}"\n'})
    work.push("HEAD:refs/heads/topic")
    (incident,) = incidents(bare, capsys)
    outcome = work.push("HEAD:refs/heads/topic", options=[f"gitcorpus.allow={incident['id']}:why"])
    assert not outcome.accepted
    assert "this server lets no secret pass by a push option" in outcome.remote


def test_a_waiver_names_the_value_wherever_it_stands(forge, capsys):
    work, bare = installed(forge)
    work.commit({f"{ADD}/a.py": f'password = "{PASSWORD}"\n'})
    work.push("HEAD:refs/heads/topic")
    (incident,) = incidents(bare, capsys)
    work.git(
        "reset",
        "-q",
        "--hard",
        "main~0" if work.git("rev-parse", "main").stdout.strip() != work.head else "HEAD~1",
    )
    waiver = (
        "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers:\n  - {gate: secrets, paths: ['**'], contents: ["
        f'"{incident["id"]}"], reason: a test vector, by: lead, until: 2099-12-31}}\n'
    )
    work.commit({"specs/waivers.yaml": waiver}, "waiver", author="lead")
    assert work.push("HEAD:refs/heads/main").accepted
    work.commit({f"{ADD}/elsewhere.py": f'x = 1\npassword = "{PASSWORD}"\n'})
    assert work.push("HEAD:refs/heads/topic").accepted


def test_no_gate_tells_the_value(forge):
    work, bare = installed(forge, GATES + "  - {id: layout, uses: layout}\n  - {id: syntax, uses: syntax}\n")
    value = token()
    work.commit({f"nowhere/{value}/{value}.py": f'def f(:\n    return "{value}"\n'}, f"use {value}")
    outcome = work.push(f"HEAD:refs/heads/{value}", options=["full", f"gitcorpus.note={value}"])
    assert not outcome.accepted
    assert value not in outcome.remote
    assert "[secret]" in outcome.remote
    assert not anywhere(bare / "gitcorpus", value)


def test_a_team_has_rules_of_its_own(forge):
    work, bare = installed(forge)
    rules = {
        "apiVersion": "gitcorpus/v1",
        "kind": "SecretRules",
        "id": "acme",
        "rules": [
            {
                "id": "token",
                "title": "Acme internal token",
                "pattern": r"\b(acme_[A-Za-z0-9]{20})\b",
                "accepted": ["acme_short"],
                "refused": ["x = acme_" + "a1" * 10],
            }
        ],
    }
    work.commit({"specs/rules/secrets/acme.yaml": json.dumps(rules)}, "rules", author="lead")
    assert work.push("main").accepted
    work.commit({f"{ADD}/a.txt": "acme_" + Draw("acme").text(20) + "\n"})
    assert not work.push("HEAD:refs/heads/topic").accepted
    assert [finding["code"] for finding in found(bare)] == ["secret"]
    assert "Acme internal token (acme.token, " in found(bare)[0]["sentence"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pattern": "(unclosed"}, "bad-pattern"),
        ({"pattern": "(?=ahead)x"}, "bad-pattern"),
        (
            {"accepted": ["acme_" + "a1" * 10]},
            "example-differs: the accepted example 1 is refused by `token`",
        ),
        ({"refused": ["nothing"]}, "example-differs: the refused example 1 is not refused by `token`"),
    ],
)
def test_rules_that_do_not_hold_never_judge(forge, change, said):
    work, _ = installed(forge)
    rule = {
        "id": "token",
        "title": "Acme token",
        "pattern": r"\b(acme_[A-Za-z0-9]{20})\b",
        "accepted": ["acme_short"],
        "refused": ["acme_" + "a1" * 10],
    }
    rules = {"apiVersion": "gitcorpus/v1", "kind": "SecretRules", "id": "acme", "rules": [{**rule, **change}]}
    work.commit({"specs/rules/secrets/acme.yaml": json.dumps(rules)}, "rules", author="lead")
    outcome = work.push("main")
    assert not outcome.accepted
    assert said in outcome.remote


def test_what_was_clean_is_not_looked_at_again(forge):
    gates = GATES.replace("on: every-commit", "on: every-commit, with: {max_bytes: 4000}")
    work, _ = installed(forge, gates)
    work.commit({f"{ADD}/large.txt": "x = 1\n" * 500})
    assert work.push("HEAD:refs/heads/one").accepted
    work.commit({f"{ADD}/other.txt": "y = 1\n" * 500})
    assert work.push("HEAD:refs/heads/two").accepted, "the first file is known by now"
    work.commit({f"{ADD}/third.txt": "z = 1\n" * 900})
    said = work.push("HEAD:refs/heads/three").remote
    assert "too-much-to-scan" in said


def test_an_incident_that_cannot_be_written_refuses_the_push(forge):
    work, bare = installed(forge)
    (bare / "gitcorpus/incidents.db").mkdir()
    work.commit({f"{ADD}/a.py": f'TOKEN = "{token()}"\n'})
    outcome = work.push("HEAD:refs/heads/topic")
    assert not outcome.accepted
    assert "incidents-unwritable" in outcome.remote


def test_a_landed_secret_of_an_earlier_time_is_not_found_by_practising(forge, capsys):
    work, bare = installed(
        forge,
        GATES.replace("  - {id: secrets, uses: secrets, on: every-commit}\n", "  - {id: size, uses: size}\n"),
    )
    work.commit({f"{ADD}/a.py": f'TOKEN = "{token()}"\n'})
    assert work.push("main").accepted
    work.commit({"specs/gates.yaml": GATES}, "gates", author="lead")
    assert work.push("main").accepted
    assert incidents(bare, capsys) == []
