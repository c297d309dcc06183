"""No reference moves unless this very move was judged, by the specs that still stand (the second lock)."""

import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pygit2
import pytest
from server.installed import NOW, settle
from smallest import ADD, SPECS

from gitcorpus.server.process import process_of
from gitcorpus.server.reconcile import reconcile

GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
LEAD = {"PUSHER": "lead"}
UNJUDGED = "was not judged: no push through the gate moves it"


@pytest.fixture(params=["alone", "watched"])
def bare(request):
    """The same with and without a gatekeeper."""
    return request.getfixturevalue({"alone": "installed", "watched": "warm"}[request.param])


@pytest.fixture
def work(forge, bare):
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    work.commit(GOOD, "good")
    return work


def ref(forge, bare, name="refs/heads/main"):
    return forge.run("for-each-ref", "--format=%(objectname)", name, cwd=bare).stdout.strip()


def test_branches_tags_and_deletions_that_were_judged_pass(forge, bare, work):
    work.tag("v1", message="one")
    assert work.push("HEAD:main", "HEAD:topic", "v1", env=LEAD).accepted
    assert work.push("--atomic", ":topic", "HEAD:other", "HEAD:another", env=LEAD).accepted
    settle(bare)
    assert forge.run(
        "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", cwd=bare
    ).stdout.split() == [
        "refs/heads/another",
        "refs/heads/main",
        "refs/heads/other",
        "refs/tags/v1",
    ]
    assert reconcile(bare, now=NOW) == ((), ())


def test_a_hook_that_lost_its_x_bit_lets_nothing_in(forge, bare, work):
    before = ref(forge, bare)
    (bare / "hooks/pre-receive").chmod(0o644)
    said = work.push("HEAD:main", env=LEAD)
    assert not said.accepted
    assert UNJUDGED in said.stderr
    assert ref(forge, bare) == before


@pytest.mark.parametrize("text", [b"", b"#!/bin/sh\nexit 0\n"])
def test_a_hook_that_says_yes_to_everything_lets_nothing_in(bare, work, text):
    (bare / "hooks/pre-receive").write_bytes(text)
    assert not work.push("HEAD:main", env=LEAD).accepted


def test_an_administrators_own_command_moves_nothing(forge, bare, work):
    before = ref(forge, bare)
    for command in (
        ("update-ref", "refs/heads/sneaked", before),
        ("update-ref", "-d", "refs/heads/main"),
        ("branch", "sneaked", "main"),
        ("tag", "v9", "main"),
        ("fetch", str(work.path), "HEAD:refs/heads/sneaked"),
    ):
        done = forge.run(*command, cwd=bare, check=False)
        assert done.returncode, command
        assert UNJUDGED in done.stderr
        assert "gitcorpus server move" in done.stderr
    assert ref(forge, bare, "refs/heads/**").split() == [before]


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("how", ["from elsewhere", "without hooks"])
def test_what_steps_around_it_is_found_afterwards(forge, bare, how):
    """git takes the relative core.hooksPath from the directory that it works in: docs/guide/server.md says so."""
    around = ["--git-dir", str(bare)] if how == "from elsewhere" else ["-c", "core.hooksPath=/dev/null"]
    command = ("update-ref", "refs/heads/sneaked", ref(forge, bare))
    assert UNJUDGED in forge.run("-C", str(bare), *command, check=False).stderr
    forge.run(*around, *command, cwd=None if how == "from elsewhere" else bare)
    _, (found,) = reconcile(bare, now=NOW)
    assert (found.code, found.place.path) == ("ref-moved", "refs/heads/sneaked")


def test_a_packed_reference_is_deleted_by_a_push_and_by_nothing_else(forge, bare, work):
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    forge.run("pack-refs", "--all", cwd=bare)
    assert forge.run("update-ref", "-d", "refs/heads/topic", cwd=bare, check=False).returncode
    assert ref(forge, bare, "refs/heads/topic") == work.head
    assert work.push(":topic", env=LEAD).accepted
    assert not ref(forge, bare, "refs/heads/topic")


def test_packing_and_collecting_move_nothing_and_are_not_in_the_way(forge, bare, work):
    before = ref(forge, bare)
    for command in (("pack-refs", "--all", "--prune"), ("gc", "--quiet"), ("fsck",)):
        forge.run(*command, cwd=bare)
    assert ref(forge, bare) == before
    assert not (bare / "refs/heads/main").exists()
    assert work.push("HEAD:main", env=LEAD).accepted


def test_a_ticket_is_good_for_one_process_only(forge, bare, work):
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    tip = work.head
    started = int(process_of(os.getpid()).started)
    (bare / "gitcorpus/tickets").mkdir(exist_ok=True)
    forged = f"alone {started + 100_000}\npolicy refs/heads/main {ref(forge, bare)}\n"
    forged += f"move {'0' * 40} {tip} refs/heads/sneaked\n"
    script = f"cat > gitcorpus/tickets/$$; exec git update-ref refs/heads/sneaked {tip} {'0' * 40}"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=bare,
        input=forged,
        env=forge.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the ticket belongs to another process" in done.stderr
    reconcile(bare, now=NOW)


@pytest.mark.parametrize("when", ["loose", "packed"])
def test_specs_that_changed_while_a_push_was_judged(forge, bare, work, when):
    """A hook of somebody else stands for another push that lands between the verdict and the move."""
    other = forge.clone(bare, "other")
    policy = other.commit(
        {"specs/waivers.yaml": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n"}, "more"
    )
    assert other.push("HEAD:waiting", env=LEAD).accepted
    settle(bare)
    pack = "git pack-refs --all;" if when == "packed" else ""
    update = bare / "hooks/update"
    update.write_text(
        f'#!/bin/sh\n[ "$1" = refs/heads/topic ] || exit 0\n'
        f"git -c core.hooksPath=/dev/null update-ref refs/heads/main {policy};{pack}\n"
    )
    update.chmod(0o755)
    said = work.push("HEAD:topic", env=LEAD)
    assert "the specs changed while this push was judged" in said.stderr
    assert not ref(forge, bare, "refs/heads/topic")
    update.unlink()
    assert work.push("HEAD:topic", env=LEAD).accepted


def between(bare, command, ref="refs/heads/topic"):
    """Let a hook of somebody else do something between the verdict on a reference and its move; return the hook."""
    update = bare / "hooks/update"
    update.write_text(f'#!/bin/sh\n[ "$1" = {ref} ] || exit 0\n{command}\n')
    update.chmod(0o755)
    return update


def landing(commit, old=""):
    """Return the command that moves the policy branch as another push does that has passed the gate."""
    return f"git -c core.hooksPath=/dev/null update-ref refs/heads/main {commit} {old}"


def waiting(forge, bare, files, name="other"):
    """Return a commit on top of the policy branch, which the repository has; it is not there yet."""
    other = forge.clone(bare, name)
    made = other.commit(files, "more", author="lead")
    assert other.push(f"HEAD:waiting-{name}", env=LEAD).accepted
    settle(bare)
    return made


@pytest.mark.parametrize("when", ["loose", "packed"])
def test_a_push_that_lands_meanwhile_and_leaves_what_judges_alone_stops_nobody(forge, bare, work, when):
    """Several steps forward are one: what counts is what the specs were made from, at the new tip."""
    other = forge.clone(bare, "other")
    other.commit({f"{ADD}/other.py": "x = 1\n"}, "one", author="lead")
    landed = other.commit({"README.md": "Another text.\n"}, "two", author="lead")
    assert other.push("HEAD:waiting", env=LEAD).accepted
    settle(bare)
    work.tag("v1", message="one")
    hook = between(bare, landing(landed) + (";git pack-refs --all" if when == "packed" else ""))
    said = work.push("HEAD:topic", "HEAD:more", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    assert ref(forge, bare) == landed
    assert ref(forge, bare, "refs/heads/topic") == ref(forge, bare, "refs/heads/more") == work.head
    hook.unlink()
    assert work.push(":topic", env=LEAD).accepted
    assert not ref(forge, bare, "refs/heads/topic")


@pytest.mark.parametrize(
    ("files", "passes"),
    [
        ({"agreements/ip.md": "Another agreement.\n"}, False),
        ({"specs/notes.txt": "No spec, and beside them.\n"}, False),
        ({"specs/views/pairs.yaml": None}, False),
        ({"agreements/other.md": "An agreement that no spec names.\n"}, True),
        ({"LICENSES/Other.txt": "A licence that no spec names.\n"}, True),
    ],
)
def test_whatever_the_specs_were_made_from_counts(forge, warm, files, passes):
    work = forge.clone(warm)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    other = forge.clone(warm, "other")
    landed = other.commit(files, "more", author="lead")
    forge.run("fetch", "--quiet", str(other.path), "HEAD", cwd=warm)
    forge.run("-c", "core.hooksPath=/dev/null", "update-ref", "refs/keep/it", landed, cwd=warm)
    work.commit(GOOD, "good")
    between(warm, landing(landed))
    said = work.push("HEAD:topic", env=LEAD)
    assert ref(forge, warm) == landed
    assert said.accepted is passes
    assert ("the specs changed while this push was judged" in said.stderr) is not passes


@pytest.mark.parametrize("bare", ["watched"], indirect=True)
@pytest.mark.parametrize("to", ["before", "beside", "nothing"])
def test_a_policy_branch_that_did_not_go_forward_judges_anew(forge, bare, work, to):
    """A push is compared with what the policy branch held; what it does not hold any more was not compared."""
    first = ref(forge, bare)
    beside = waiting(forge, bare, {"README.md": "Beside.\n"})
    work.commit({"README.md": "Two.\n"}, "two", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    work.commit({f"{ADD}/more.py": "x = 1\n"}, "more")
    target = {"before": first, "beside": beside, "nothing": "-d"}[to]
    command = landing(target) if to != "nothing" else landing("").replace("update-ref", "update-ref -d")
    between(bare, command)
    said = work.push("HEAD:topic", env=LEAD)
    assert "the specs changed while this push was judged" in said.stderr
    assert not ref(forge, bare, "refs/heads/topic")


@pytest.mark.parametrize("bare", ["watched"], indirect=True)
@pytest.mark.parametrize(
    "command",
    [
        "echo '# stricter' >>gitcorpus/server.yaml",
        "mv gitcorpus/server.yaml gitcorpus/server.yaml.off",
        "mv gitcorpus/server.yaml gitcorpus/server.yaml.off; mkdir gitcorpus/server.yaml",
        "mv gitcorpus/server.yaml gitcorpus/server.yaml.off; ln -s nowhere gitcorpus/server.yaml",
        "mv gitcorpus/server.yaml gitcorpus/server.yaml.off; mkfifo gitcorpus/server.yaml",
        "cd gitcorpus; cp -p server.yaml old; sed s/lead/dean/ old >server.yaml; touch -r old server.yaml",
    ],
)
def test_a_server_file_that_changed_while_a_push_was_judged(forge, bare, work, command):
    path = bare / "gitcorpus/server.yaml"
    text = path.read_bytes()
    hook = between(bare, command)
    said = work.push("HEAD:topic", env=LEAD)
    assert "gitcorpus/server.yaml changed while this push was judged" in said.stderr
    assert not ref(forge, bare, "refs/heads/topic")
    hook.unlink()
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.write_bytes(text)
    assert work.push("HEAD:topic", env=LEAD).accepted


@pytest.mark.parametrize("bare", ["watched"], indirect=True)
def test_a_server_file_with_odd_lines_is_the_same_file(work, bare):
    path = bare / "gitcorpus/server.yaml"
    path.write_bytes(
        path.read_bytes()
        + b"#  move a b refs/heads/x\n#\t\\ lean | 'x'  \n\n  \n# \xc3\xa4 $(id) `id` *\r\n# end"
    )
    assert work.push("HEAD:topic", env=LEAD).accepted


@pytest.mark.parametrize("bare", ["watched"], indirect=True)
def test_packing_and_deleting_work_beside_each_other(forge, bare, work):
    """The lock of packed-refs may be another process's: what is packed stays, whoever deletes something meanwhile."""
    names = [f"refs/heads/t{number:02}" for number in range(16)]
    assert work.push(*(f"HEAD:{name}" for name in (*names, "refs/heads/z")), env=LEAD).accepted
    settle(bare)
    forge.run("pack-refs", "--all", cwd=bare)
    failed, done = [], threading.Event()

    def pack(number):
        while not done.is_set():  # a loose file of the same value is what packing takes away
            loose = bare / f"z{number}"
            loose.write_text(f"{work.head}\n")
            loose.replace(bare / "refs/heads/z")
            packed = forge.run("pack-refs", "--all", "--prune", cwd=bare, check=False)
            failed.extend(line for line in packed.stderr.splitlines() if "judged" in line)

    with ThreadPoolExecutor(2) as threads:
        packing = [threads.submit(pack, number) for number in range(2)]
        for number in range(0, len(names), 8):
            said = work.push(*(f":{name}" for name in names[number : number + 8]), env=LEAD)
            failed.extend(line for line in said.stderr.splitlines() if "not judged" in line)
        done.set()
        assert [each.result() for each in packing] == [None, None]
    assert failed == []
    settle(bare)
    forge.run("pack-refs", "--all", "--prune", cwd=bare)
    assert forge.run("update-ref", "-d", "refs/heads/z", cwd=bare, check=False).returncode
    assert ref(forge, bare, "refs/heads/z") == work.head


@pytest.mark.parametrize("bare", ["watched"], indirect=True)
@pytest.mark.parametrize("written", ["with it", "not yet"])
def test_the_lock_of_somebody_else_is_waited_for_and_no_deletion_passes(forge, bare, work, written):
    """A lock and what its holder writes, as another process leaves them while git takes a loose file away."""
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    forge.run("pack-refs", "--all", "--no-prune", cwd=bare)
    (bare / "refs/heads/topic").write_text(f"{work.head}\n")
    lock, fresh = bare / "packed-refs.lock", bare / "packed-refs.new"
    lock.write_bytes(b"")
    if written == "with it":
        fresh.write_bytes((bare / "packed-refs").read_bytes())
    else:
        threading.Timer(0.2, lambda: fresh.write_bytes((bare / "packed-refs").read_bytes())).start()
    move = (work.head, "0" * 40, "refs/heads/topic")
    assert not asked(forge, bare, *move)
    lines = (bare / "packed-refs").read_text().splitlines(keepends=True)
    fresh.write_text("".join(line for line in lines if "topic" not in line))
    assert UNJUDGED in asked(forge, bare, *move)


def asked(forge, bare, old, new, name):
    """Ask the second lock about a move, as git does, and return what it has against it."""
    command = ["sh", "hooks/reference-transaction", "prepared"]
    line = f"{old} {new} {name}\n"
    done = subprocess.run(
        command, cwd=bare, input=line, env=forge.environ, capture_output=True, text=True, check=False
    )
    assert bool(done.stderr) is bool(done.returncode)
    return done.stderr


@pytest.mark.parametrize("bare", ["watched"], indirect=True)
def test_what_a_push_moves_while_references_are_packed_is_packed_as_it_was(forge, bare, work):
    """Packing writes the value that it read; the loose file with the newer one outweighs it."""
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    before, nothing = ref(forge, bare), "0" * 40
    loose = bare / "refs/heads/topic"
    assert loose.read_text().strip() == work.head != before
    assert not asked(forge, bare, nothing, before, "refs/heads/topic")
    for old in (nothing, work.head):
        done = forge.run("update-ref", "refs/heads/topic", before, old, cwd=bare, check=False)
        assert UNJUDGED in done.stderr or "already exists" in done.stderr
    assert UNJUDGED in forge.run("update-ref", "refs/heads/topic", before, cwd=bare, check=False).stderr
    assert ref(forge, bare, "refs/heads/topic") == work.head
    forge.run("pack-refs", "--all", cwd=bare)
    assert not loose.exists()
    assert not asked(forge, bare, nothing, work.head, "refs/heads/topic")
    assert UNJUDGED in asked(forge, bare, nothing, before, "refs/heads/topic")


def test_a_push_that_moves_the_policy_and_more_passes(work):
    work.commit(
        {"specs/waivers.yaml": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n"}, author="lead"
    )
    said = work.push("HEAD:main", "HEAD:after", "HEAD:before", env=LEAD)
    assert said.accepted, said.stderr


@pytest.mark.usefixtures("work")
def test_what_writes_without_git_is_found_afterwards(forge, bare):
    tip, before = ref(forge, bare), ref(forge, bare)
    pygit2.Repository(str(bare)).references.create("refs/heads/sneaked", tip)
    _, (found,) = reconcile(bare, now=NOW)
    assert (found.code, found.place.path) == ("ref-moved", "refs/heads/sneaked")
    assert found.hint == (
        "in a clone: git fetch origin refs/heads/sneaked; then, on the server: "
        f"gitcorpus server move {bare} refs/heads/sneaked --delete --reason 'it was never let in'; then push it"
    )
    assert ref(forge, bare) == before


def test_hooks_of_others_still_see_that_references_move(bare, work):
    folder = bare / "hooks/reference-transaction.d"
    folder.mkdir()
    (folder / "10-log").write_text('#!/bin/sh\nsed "s/^/$1 /" >> seen\n')
    (folder / "10-log").chmod(0o755)
    assert work.push("HEAD:topic", env=LEAD).accepted
    line = f"{'0' * 40} {work.head} refs/heads/topic"
    assert (bare / "seen").read_text().splitlines() == [f"prepared {line}", f"committed {line}"]
    (folder / "10-log").write_text("#!/bin/sh\nexit 1\n")
    assert not work.push("HEAD:other", env=LEAD).accepted


def test_a_folder_for_tickets_that_cannot_be_written_refuses(bare, work):
    folder = bare / "gitcorpus/tickets"
    settle(bare)
    if folder.is_dir():
        folder.rmdir()
    folder.write_bytes(b"")
    said = work.push("HEAD:main", env=LEAD)
    assert "ticket-unwritable" in said.remote
    assert not said.accepted
    folder.unlink()


def test_tickets_are_taken_back(bare, work):
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    ticket = bare / "gitcorpus/tickets" / str(os.getpid())
    ticket.write_text("alone 1\n")
    reconcile(bare, now=NOW)
    assert not ticket.exists()
