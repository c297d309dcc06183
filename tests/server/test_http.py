"""Real git clients, and rude ones, against `gitcorpus serve`."""

import base64
import os
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from forge import Outcome
from server.installed import settle
from smallest import ADD, SPECS

from gitcorpus.errors import GitcorpusError
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.server.administration import Wishes
from gitcorpus.server.http import listen
from gitcorpus.server.http_answer import read_pieces
from gitcorpus.server.http_front import Limits, Terms
from gitcorpus.server.http_shelf import Shelf
from gitcorpus.server.http_users import User, Users, load_users, parse_user
from gitcorpus.server.install import install

WISHES = Wishes(admins=("lead",), pusher_variables=("REMOTE_USER",), pusher_account=False)
KNOWN = Users(known=(User(name="lead", password="l:1"), User(name="north", password="n")))
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
BAD = {"corpus/basics/ad/north/ad.py": "x = 1\n"}
QUICK = Limits(idle_seconds=0.5, slowest=1 << 20, ending_seconds=20)


@pytest.fixture
def bare(forge, installer):
    (forge.root / "repos").mkdir()
    path = forge.bare("repos/corpus.git")
    install(path, WISHES, installer)
    return path


@contextmanager
def served(folder, users=KNOWN, limits=None):
    lines = []
    terms = Terms(shelf=Shelf.of(folder), users=users, limits=limits or Limits())
    front = listen(("127.0.0.1", 0), terms, lines.append)
    front.lines = lines
    thread = Thread(target=front.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        thread.join()
        front.end()
        assert not [line for line in lines if "Traceback" in line], lines


@pytest.fixture
def front(bare):
    with served(bare.parent) as found:
        yield found


def url(front, who="", name="corpus.git"):
    return f"{front.url.replace('http://', f'http://{who}@' if who else 'http://')}/{name}"


def push(work, where, *refspecs, config=(), env=None) -> Outcome:
    settings = [word for setting in config for word in ("-c", setting)]
    done = work.git(*settings, "push", where, *(refspecs or ("HEAD:main",)), check=False, env=env)
    return Outcome(done.returncode, done.stderr)


def founded(forge, front):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    outcome = push(work, url(front, "lead:l%3A1"))
    assert outcome.accepted, outcome.stderr
    return work


def verdicts(bare):
    entries = list(Ledger.of(bare).entries())
    return [(e.body["outcome"], e.body["pusher"]) for e in entries if e.kind is EntryKind.VERDICT]


def refs(forge, bare):
    return forge.run("for-each-ref", "--format=%(refname)", "refs/heads", cwd=bare).stdout.split()


def say(front, data: bytes, *, wait=10.0) -> bytes:
    """Send bytes and return all that comes until the server closes."""
    with socket.create_connection(front.server_address[:2], timeout=wait) as client:
        client.sendall(data)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer


def ask(front, target, *fields, method="GET", body=b"", who="north:n") -> tuple[int, bytes]:
    head = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *fields]
    if who:
        head.append(f"Authorization: Basic {base64.b64encode(who.encode()).decode()}")
    answer = say(front, "\r\n".join([*head, "", ""]).encode("latin-1") + body)
    return int(answer.split()[1]), answer


QUESTION = "/corpus.git/info/refs?service=git-receive-pack"
PUSH = "/corpus.git/git-receive-pack"
KIND = "Content-Type: application/x-git-receive-pack-request"


def test_clones_and_judges_pushes_under_the_names_of_their_pushers(forge, bare, front):
    work = founded(forge, front)
    work.commit(GOOD, "good", author="north")
    good = push(work, url(front, "north:n"), "HEAD:topic")
    work.commit(BAD, "bad", author="north")
    bad = push(work, url(front, "north:n"), "HEAD:topic")
    assert (good.code, bad.code) == (0, 1)
    assert "remote rejected" in bad.stderr
    assert "unknown-task" in bad.remote
    assert verdicts(bare) == [("accepted", "lead"), ("accepted", "north"), ("refused", "north")]
    clone = forge.clone(url(front, "north:n"), "clone", "--branch=topic")
    assert clone.head == work.oid("HEAD~1")
    assert Ledger.of(bare).verify()[1] == ()


def test_a_gatekeeper_judges_as_well(forge, warm):
    text = (warm / "gitcorpus/server.yaml").read_text()
    (warm / "gitcorpus/server.yaml").write_text(text.replace('["PUSHER"]', '["REMOTE_USER"]'))
    with served(warm) as front:
        work = forge.work()
        work.commit(SPECS, "specs", author="lead")
        assert push(work, url(front, "lead:l%3A1", "warm.git")).accepted
    settle(warm)
    assert verdicts(warm) == [("accepted", "lead")]


@pytest.mark.parametrize("who", ["north:wrong", "nobody:n", "north:", "n%C3%B8rth:n"])
def test_a_wrong_password_lets_nobody_in(forge, bare, front, who):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    assert "Authentication failed" in push(work, url(front, who)).stderr
    assert forge.run("ls-remote", url(front, who), check=False).returncode == 128
    assert refs(forge, bare) == []


@pytest.mark.parametrize("field", ["Bearer x", "Basic", "Basic !!", "Basic bm9ydGg=", "Basic /w=="])
def test_what_is_no_name_and_password_lets_nobody_in(front, field):
    assert ask(front, QUESTION, f"Authorization: {field}", who="")[0] == 401


def test_without_a_name_nobody_comes_in_where_there_are_users(front):
    status, answer = ask(front, QUESTION, who="")
    assert status == 401
    assert b'WWW-Authenticate: Basic realm="gitcorpus"' in answer
    assert ask(front, "/other.git/info/refs?service=git-upload-pack", who="")[0] == 401


def test_without_users_everybody_fetches_and_nobody_pushes(forge, bare):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    with served(bare, Users()) as front:
        refused = push(work, url(front))
        assert "403" in refused.stderr
        assert "nobody may push here: gitcorpus serve was started without --user" in refused.remote
        assert forge.run("ls-remote", "--heads", "--tags", url(front)).stdout == ""
        assert ask(front, PUSH, KIND, "Content-Length: 4", method="POST", body=b"0000", who="")[0] == 403


def test_without_users_everybody_may_have_one_name(forge, bare):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    with served(bare, Users(anonymous="lead")) as front:
        assert push(work, url(front)).accepted
        work.commit(GOOD, "good")
        assert push(work, url(front, "north:n"), "HEAD:topic").accepted
    assert [pusher for _, pusher in verdicts(bare)] == ["lead", "lead"]


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/corpus.git",
        "/corpus.git/HEAD",
        "/corpus.git/info/refs",
        "/corpus.git/info/refs?service=git-upload-archive",
        "/corpus.git/info/refs?service=git-receive-pack&x=1",
        "/corpus.git/objects/info/packs",
        "/corpus.git/gitcorpus/server.yaml",
        "/corpus.git/../secret.git/info/refs?service=git-upload-pack",
        "/../secret.git/info/refs?service=git-upload-pack",
        "/%2e%2e/secret.git/info/refs?service=git-upload-pack",
        "/..%2fsecret.git/info/refs?service=git-upload-pack",
        "/corpus.git%00/info/refs?service=git-upload-pack",
        "//corpus.git/../info/refs?service=git-upload-pack",
        "/./corpus.git/info/refs?service=git-upload-pack",
        "{secret}/info/refs?service=git-upload-pack",
        "http://127.0.0.1/corpus.git/info/refs?service=git-upload-pack",
        "/link.git/info/refs?service=git-upload-pack",
        "/.hidden.git/info/refs?service=git-upload-pack",
        "/other.git/info/refs?service=git-upload-pack",
        "/plain/info/refs?service=git-upload-pack",
        "/corpus/info/refs?service=git-upload-pack",
        "/corpus.git\\..\\..\\secret.git/info/refs?service=git-upload-pack",
    ],
)
def test_nothing_else_is_there(forge, bare, front, target):
    secret = forge.bare("secret.git")
    (bare.parent / "link.git").symlink_to(secret)
    (bare.parent / "plain").mkdir()
    forge.bare("repos/.hidden.git")
    assert ask(front, target.format(secret=secret))[0] == 404


def test_no_client_of_git_finds_an_unknown_repository(forge, front):
    done = forge.run("clone", url(front, "north:n", "other.git"), check=False)
    assert "there is no repository other.git here" in Outcome(done.returncode, done.stderr).remote
    assert "not found" in done.stderr


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "POST"])
def test_a_known_path_is_asked_for_in_one_way(front, method):
    assert ask(front, QUESTION, method=method)[0] == 405
    assert ask(front, PUSH, method="GET")[0] == 405
    assert ask(front, "/", method=method)[0] == 404
    assert ask(front, QUESTION, method="BREW")[0] == 501


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["Content-Length: 4", "Content-Length: 4"], 400),
        (["Content-Length: 4", "Transfer-Encoding: chunked"], 400),
        (["Content-Length: -4"], 400),
        (["Content-Length: +4"], 400),
        (["Content-Length: 9999999999999999999"], 400),
        (["Content-Length: 999999999999"], 413),
        (["Transfer-Encoding: gzip"], 501),
        (["Content-Length: 4", "Content-Encoding: br"], 415),
        (["Content-Length: 4", "Git-Protocol: version=2\x01"], 400),
        (["Content-Length: 4", "Git-Protocol: " + "v" * 300], 400),
        (["Content-Length: 4", "Host: corpus.example"], 421),
    ],
)
def test_a_request_that_no_git_sends_is_refused(front, fields, status):
    given = [field for field in fields if not field.startswith("Host")]
    host = next((field for field in fields if field.startswith("Host")), "Host: localhost:1")
    who = base64.b64encode(b"north:n").decode()
    head = [f"POST {PUSH} HTTP/1.1", host, KIND, f"Authorization: Basic {who}", *given, "", ""]
    assert int(say(front, "\r\n".join(head).encode("latin-1") + b"0000").split()[1]) == status


def test_a_push_has_the_content_of_a_push(front):
    kind = "Content-Type: text/plain"
    assert ask(front, PUSH, kind, "Content-Length: 4", method="POST", body=b"0000")[0] == 415


@pytest.mark.parametrize(
    "body", [b"x\r\n", b"-1\r\n", b"4\r\n0000x\r\n", b"4 0000\r\n", b"0\r\n" + b"a: b\r\n" * 30]
)
def test_chunks_that_are_none_are_refused(front, body):
    assert ask(front, PUSH, KIND, "Transfer-Encoding: chunked", method="POST", body=body)[0] == 400


def test_a_request_that_is_too_large_is_refused(forge, bare):
    work = forge.work()
    work.commit(SPECS | {"noise": os.urandom(3 << 20)}, "specs", author="lead")
    with served(bare, limits=Limits(request_bytes=1 << 20)) as front:
        for buffer in (1, 100 << 20):
            refused = push(work, url(front, "lead:l%3A1"), config=[f"http.postBuffer={buffer}"])
            assert refused.code != 0
            assert "413" in refused.stderr, refused.stderr
    assert refs(forge, bare) == []


@pytest.mark.parametrize("buffer", [1, 100 << 20])
def test_large_pushes_come_through_whole_and_in_chunks(forge, front, buffer):
    work = founded(forge, front)
    (work.path / "large").write_bytes(os.urandom(20 << 20))
    forge.bare("repos/plain.git")
    work.commit(message="large")
    trace = {"GIT_TRACE_CURL": "1"}
    pushed = push(work, url(front, "north:n", "plain.git"), config=[f"http.postBuffer={buffer}"], env=trace)
    assert pushed.accepted, pushed.stderr[-2000:]
    assert (
        "Transfer-Encoding: chunked" in pushed.stderr.split("git-receive-pack HTTP/1.1")[-1].split("<=")[0]
    ) == (buffer == 1)
    clone = forge.clone(url(front, "north:n", "plain.git"), "clone")
    assert (clone.path / "large").read_bytes() == (work.path / "large").read_bytes()


def test_compressed_requests_and_partial_clones_come_through(forge, front):
    work = founded(forge, front)
    for _ in range(60):
        work.commit(allow_empty=True)
    other = forge.clone(url(front, "north:n"), "other")
    other.commit(GOOD, "good")
    assert push(other, url(front, "north:n"), "HEAD:topic").accepted
    fetched = work.git("fetch", url(front, "north:n"), "topic", env={"GIT_TRACE_CURL": "1"})
    assert "Content-Encoding: gzip" in fetched.stderr
    assert "Git-Protocol: version=2" in fetched.stderr
    partial = forge.clone(url(front, "north:n"), "partial", "--filter=blob:none", "--no-checkout")
    missing = partial.git("rev-list", "--objects", "--all", "--missing=print").stdout
    assert "\n?" in missing
    partial.git("checkout", "--quiet", "main")
    assert (partial.path / "README.md").exists()


class Stalling:
    """Passes one connection on, and after so many bytes of the client nothing, until it is cut."""

    def __init__(self, front, most):
        self.stalled, self.cut = Event(), Event()
        self._front, self._most = front, most
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with self._listener:
            while not self.stalled.is_set():
                self._carry(self._listener.accept()[0])

    def _carry(self, client):
        with client, socket.create_connection(self._front.server_address[:2]) as server:
            Thread(target=self._carry_back, args=(server, client), daemon=True).start()
            count = 0
            while count < self._most and (piece := client.recv(65536)):
                server.sendall(piece)
                count += len(piece)
            if count >= self._most:
                self.stalled.set()
                self.cut.wait(30)

    def _carry_back(self, server, client):
        with suppress(OSError):
            while piece := server.recv(65536):
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("buffer", [1, 100 << 20])
def test_a_client_that_is_killed_within_a_push_moves_nothing(forge, front, buffer):
    plain = forge.bare("repos/plain.git")
    work = forge.work()
    work.commit({"large": os.urandom(20 << 20)}, "large")
    line = Stalling(front, 6 << 20)
    where = f"{line.url.replace('//', '//north:n@')}/plain.git"
    command = ["git", "-c", f"http.postBuffer={buffer}", "push", where, "HEAD:main"]
    with subprocess.Popen(command, cwd=work.path, env=forge.environ, stderr=subprocess.DEVNULL) as client:
        stalled = line.stalled.wait(30)
        client.kill()
    assert stalled
    line.cut.set()
    assert push(work, url(front, "north:n", "plain.git"), "HEAD:after").accepted
    assert refs(forge, plain) == ["refs/heads/after"]
    assert not list((plain / "objects").glob("*incoming*"))


def body_of(work, rev="HEAD", ref="refs/heads/topic"):
    """Return what a client of git sends to create a branch."""
    oids = work.git("rev-list", "--objects", "--no-object-names", rev).stdout
    command = ["git", "pack-objects", "--stdout", "-q"]
    pack = subprocess.run(command, cwd=work.path, input=oids.encode(), capture_output=True, check=True).stdout
    line = f"{'0' * 40} {work.oid(rev)} {ref}\0report-status side-band-64k object-format=sha1".encode()
    return b"%04x%b0000%b" % (len(line) + 4, line, pack)


def sent(front, body, *, length):
    """Send a push and hang up without reading the answer."""
    who = base64.b64encode(b"north:n").decode()
    head = f"POST {PUSH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {who}\r\n{KIND}\r\n"
    with socket.create_connection(front.server_address[:2]) as client:
        client.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + body)


def until(true, seconds=20):
    for _ in range(seconds * 50):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def test_a_push_that_arrived_whole_is_finished_without_its_client(forge, bare, front):
    work = founded(forge, front)
    work.commit(GOOD, "good", author="north")
    body = body_of(work)
    sent(front, body[:-1], length=len(body))
    sent(front, body, length=len(body))
    until(lambda: refs(forge, bare) == ["refs/heads/main", "refs/heads/topic"])
    assert verdicts(bare) == [("accepted", "lead"), ("accepted", "north")]


def test_the_end_waits_for_a_push_and_for_nobody_else(forge, bare):
    with served(bare.parent) as front:
        work = founded(forge, front)
        work.commit(GOOD, "good", author="north")
        (bare / "hooks/pre-receive.d").mkdir(exist_ok=True)
        slow = bare / "hooks/pre-receive.d/10-slow"
        slow.write_text("#!/bin/sh\necho began >&2\nsleep 2\n")
        slow.chmod(0o755)
        with socket.create_connection(front.server_address[:2]) as idle:
            pushing = Thread(target=lambda: found.append(push(work, url(front, "north:n"), "HEAD:topic")))
            found = []
            pushing.start()
            until(lambda: any("POST" in line and "topic" not in line for line in front.lines[4:]))
            front.shutdown()
            started = time.monotonic()
            front.end()
            assert time.monotonic() - started < 20
            assert idle.recv(1) == b""
        pushing.join()
    assert found[0].accepted, found[0].stderr
    assert refs(forge, bare) == ["refs/heads/main", "refs/heads/topic"]


def test_a_fetch_ends_with_its_client(forge, front):
    plain = forge.bare("repos/plain.git")
    work = forge.work()
    work.commit({"large": os.urandom(20 << 20)}, "large")
    assert push(work, str(plain)).accepted
    line = f"want {work.head} ofs-delta side-band-64k\n"
    body = f"{len(line) + 4:04x}{line}00000009done\n".encode()
    who = base64.b64encode(b"north:n").decode()
    kind = "Content-Type: application/x-git-upload-pack-request"
    head = f"POST /plain.git/git-upload-pack HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {who}\r\n{kind}\r\n"
    with socket.create_connection(front.server_address[:2]) as client:
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert client.recv(12) == b"HTTP/1.1 200"
        until(lambda: gits(plain))
    until(lambda: not front.is_busy, 8)
    assert not gits(plain)


def gits(bare):
    """Return the processes that work in a repository."""
    found = []
    for path in Path("/proc").iterdir():
        with suppress(OSError):  # it has ended, or is another account's
            found += [path] if path.name.isdecimal() and (path / "cwd").readlink() == bare else []
    return found


def test_a_client_that_goes_away_is_noticed_while_git_is_silent():
    ours, client = socket.socketpair()
    read, write = os.pipe()
    with ours, open(read, "rb", buffering=0) as output, open(write, "wb"):  # noqa: PTH123 - descriptors
        client.close()
        with pytest.raises(ConnectionError):
            next(read_pieces(output, ours))


def test_what_a_hook_says_arrives_as_it_says_it(forge, front):
    plain = forge.bare("repos/plain.git")
    hook = plain / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho one >&2\nsleep 2\necho two >&2\n")
    hook.chmod(0o755)
    work = forge.work()
    work.commit(GOOD, "good")
    command = ["git", "push", url(front, "north:n", "plain.git"), "HEAD:main"]
    at = {}
    with subprocess.Popen(
        command, cwd=work.path, env=forge.environ, stderr=subprocess.PIPE, text=True
    ) as client:
        for said in client.stderr:
            at[said.strip()] = time.monotonic()
    assert at["remote: two"] - at["remote: one"] > 1.5


def test_two_people_push_at_once(forge, bare, front):
    work = founded(forge, front)
    other = forge.clone(url(front, "north:n"), "other")
    work.commit(GOOD, "good", author="north")
    other.commit({f"{ADD}/other.py": "x = 1\n"}, "good", author="north")
    found = {}

    def one(name, where, ref):
        found[name] = push(where, url(front, "north:n"), f"HEAD:{ref}")

    threads = [Thread(target=one, args=("a", work, "one")), Thread(target=one, args=("b", other, "two"))]
    threads += [Thread(target=one, args=("c", work, "same")), Thread(target=one, args=("d", other, "same"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found["a"].accepted
    assert found["b"].accepted
    assert sorted([found["c"].code, found["d"].code]) == [0, 1]
    assert refs(forge, bare) == [f"refs/heads/{name}" for name in ("main", "one", "same", "two")]
    assert Ledger.of(bare).verify()[1] == ()


def test_slow_clients_are_left(bare):
    with served(bare, limits=QUICK) as front:
        started = time.monotonic()
        assert say(front, b"") == b""
        assert say(front, b"GET /corpus.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 127") == b""
        assert ask(front, PUSH, KIND, "Content-Length: 9", method="POST", body=b"0000")[0] == 408
        assert time.monotonic() - started < 5
        with socket.create_connection(front.server_address[:2]) as client, suppress(OSError):
            for _ in range(100):
                client.sendall(b"G")
                time.sleep(0.05)
        assert 0.4 < time.monotonic() - started < 8


def test_where_there_is_no_place_the_one_that_waited_longest_for_a_head_is_dropped(bare):
    with served(bare, limits=Limits(connections=2)) as front:
        idle = [socket.create_connection(front.server_address[:2]) for _ in range(2)]
        until(lambda: len(front._connected) == 2)
        assert ask(front, QUESTION)[0] == 200
        assert idle[0].recv(1) == b""
        for one in idle:
            one.close()


def test_more_requests_than_git_may_work_on_are_told_to_come_again(bare):
    with served(bare, limits=replace(QUICK, gits=1)) as front, front.one_git():
        assert ask(front, QUESTION)[0] == 503


def test_what_git_complains_of_is_told(bare, front):
    (bare / "HEAD").write_text("nonsense\n")
    assert ask(front, QUESTION)[0] in {404, 500}
    assert any("Not a git repository" in line for line in front.lines), front.lines


def test_an_old_client_reads_until_the_end(front):
    who = base64.b64encode(b"north:n").decode()
    head = f"GET {QUESTION} HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: Basic {who}\r\n\r\n"
    answer = say(front, head.encode())
    assert b"Transfer-Encoding" not in answer
    assert answer.endswith(b"0000")


def test_the_environment_of_the_server_does_not_reach_git(forge, front, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("REMOTE_USER", "lead")
    monkeypatch.setenv("SECRET", "x")
    plain = forge.bare("repos/plain.git")
    hook = plain / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nenv >{forge.root}/env\n")
    hook.chmod(0o755)
    work = forge.work()
    work.commit(GOOD, "good")
    assert push(work, url(front, "north:n", "plain.git")).accepted
    names = dict(line.split("=", 1) for line in (forge.root / "env").read_text().splitlines())
    assert names["REMOTE_USER"] == "north"
    assert "SECRET" not in names
    assert {name for name in names if name.startswith("HTTP_")} == set()


def test_users_come_from_a_file_that_is_nobody_elses(tmp_path):
    path = tmp_path / "users"
    path.write_text("# who\n\nlead:l:1\nnorth:n\n")
    path.chmod(0o600)
    assert load_users(path) == KNOWN.known
    path.chmod(0o644)
    with pytest.raises(GitcorpusError, match="users-file-open"):
        load_users(path)
    path.chmod(0o600)
    path.write_text("lead\n")
    with pytest.raises(GitcorpusError, match=f"{path}:1 bad-user"):
        load_users(path)
    with pytest.raises(GitcorpusError, match="users-file-unreadable"):
        load_users(tmp_path / "none")


@pytest.mark.parametrize("text", ["lead", "lead:", ":x", " lead:x", "le\nad:x", "x" * 201 + ":x"])
def test_what_is_no_user_is_refused(text):
    with pytest.raises(GitcorpusError, match="bad-user"):
        parse_user(text, "--user")


HEAD = "GET /corpus.git/info/refs?service=git-upload-pack HTTP/1.1\r\n"


def answer_to(front, text):
    """Send bytes as they are, and return the first line of the answer."""
    with socket.create_connection(front.server_address[:2], timeout=20) as connection:
        connection.sendall(text.encode("latin-1"))
        return connection.makefile("rb").readline().decode("latin-1").strip()


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "Host: localhost\r\nTransfer-Encoding : chunked\r\n\r\n",
        HEAD + "Host : localhost\r\n\r\n",
        HEAD + "Host\t: localhost\r\n\r\n",
        HEAD + "Host: localhost\r\nX-Long: a\r\n b\r\n\r\n",
        HEAD + " Host: localhost\r\n\r\n",
        HEAD + "Host: localhost\r\nX-Bare: a\rb\r\n\r\n",
        HEAD + "Host: localhost\nX-Other: a\r\n\r\n",
        HEAD + "Host: localhost\r\nX-Nul: a\0b\r\n\r\n",
        HEAD + "Host: localhost\r\nno colon\r\n\r\n",
        HEAD + "Host: localhost\r\n: no name\r\n\r\n",
        HEAD + "Host: localhost\r\nX(y): z\r\n\r\n",
        HEAD + "\r\n",
        HEAD + "Host: localhost\r\nHost: localhost\r\n\r\n",
        HEAD + "Host: localhost\r\nAuthorization: Basic eDp5\r\nAuthorization: Basic eDp5\r\n\r\n",
        HEAD + "Host: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
        HEAD + "Host: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        HEAD.replace("1.1", "1.0") + "Transfer-Encoding: chunked\r\n\r\n",
        HEAD.replace("GET ", "GET  ") + "Host: localhost\r\n\r\n",
        HEAD.replace("GET ", "GET\t") + "Host: localhost\r\n\r\n",
        HEAD.replace("\r\n", "\n") + "Host: localhost\r\n\r\n",
        HEAD.replace(" HTTP/1.1", "") + "Host: localhost\r\n\r\n",
        HEAD.replace("HTTP/1.1", "HTTP/2.0") + "Host: localhost\r\n\r\n",
    ],
)
def test_a_head_that_http_does_not_have_is_refused(front, text):
    assert answer_to(front, text).startswith("HTTP/1.1 400 ")


def test_a_head_that_http_has_is_answered(front):
    assert answer_to(front, HEAD + "host:localhost\r\nX-Empty:\r\nX-Blanks: \t a \t\r\n\r\n").startswith(
        "HTTP/1.1 401 "
    )
    many = "".join(f"X-{number}: y\r\n" for number in range(101))
    assert answer_to(front, HEAD + "Host: localhost\r\n" + many + "\r\n").startswith("HTTP/1.1 431 ")


def test_half_open_requests_do_not_keep_an_honest_one_waiting(bare):
    with served(bare.parent) as front:
        open_ones = [socket.create_connection(front.server_address[:2], timeout=20) for _ in range(80)]
        for number, each in enumerate(open_ones):
            if number % 2:
                each.sendall(HEAD.encode() + b"Host: local")
        started = time.monotonic()
        assert answer_to(front, HEAD + "Host: localhost\r\n\r\n").startswith("HTTP/1.1 401 ")
        assert time.monotonic() - started < 8  # less than the head of any other may take
        for each in open_ones:
            each.close()


def test_a_head_has_a_time_of_its_own(bare):
    with (
        served(bare.parent, limits=Limits(head_seconds=0.3)) as front,
        socket.create_connection(front.server_address[:2], timeout=20) as connection,
    ):
        connection.sendall(HEAD.encode())
        started = time.monotonic()
        assert connection.recv(1) in {b"", b"H"}
        assert time.monotonic() - started < 15
