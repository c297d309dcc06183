"""Revoking exposed secrets, against a mock of two providers: one takes many tokens at once, one is a team's own."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.flows.revoke import Worker, read_worker
from gitcorpus.incidents import Incidents, Reported, make_worker_keys, server_key
from gitcorpus.model.incident import State
from gitcorpus.model.place import Place
from gitcorpus.model.secret import Hit, Tier, Vault
from gitcorpus.model.server import Revocation, Secrets

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GITHUB, ACME = "betterleaks.github-pat", "acme.token"
ACME_RULES = """
rules:
  - name: Acme internal token
    id: acme.token
    pattern: '\\b(acme_[A-Za-z0-9]{32})\\b'
    confidence: high
    examples: []
    validation:
      type: Http
      content:
        request:
          method: GET
          url: "BASE/whoami"
          headers: {Authorization: "Bearer {{ TOKEN }}"}
          response_matcher:
            - {report_response: true}
            - {type: StatusMatch, status: [200]}
    revocation:
      type: Http
      content:
        request:
          method: POST
          url: "BASE/revoke"
          headers: {Authorization: "Bearer {{ TOKEN }}", Content-Type: application/json}
          body: '{"token":{{ TOKEN | json_escape }}}'
          response_matcher:
            - {report_response: true}
            - {type: StatusMatch, status: [200]}
"""


@dataclass
class Providers:
    """What the two providers were asked, and what they answer."""

    address: str = ""
    revoked: set[str] = field(default_factory=set)
    asked: list[tuple[str, int]] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    slow: float = 0.0


@pytest.fixture
def providers():
    state = Providers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self.answer(401 if token in state.revoked else 200, 1)

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            tokens = body.get("credentials") or [body.get("token")]
            planned = state.statuses.get(self.path, [])
            status = planned.pop(0) if planned else (202 if self.path.startswith("/credentials") else 200)
            if status in (200, 202, 599):
                state.revoked.update(tokens)
            time.sleep(state.slow)
            self.answer(503 if status == 599 else status, len(tokens))

        def answer(self, status, count):
            state.asked.append((f"{self.command} {self.path}", count))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def git_dir(tmp_path):
    path = tmp_path / "corpus.git"
    (path / "gitcorpus").mkdir(parents=True)
    make_worker_keys(path)
    return path


@pytest.fixture
def secrets(providers, tmp_path):
    rules = tmp_path / "revokers.yaml"
    rules.write_text(ACME_RULES.replace("BASE", providers.address))
    rules.chmod(0o600)
    return Secrets(
        policies={
            GITHUB: Revocation.AUTO,
            ACME: Revocation.AUTO,
            "betterleaks.openai-api-key": Revocation.ASK,
        },
        variables={"GITHUB_API_BASE_URL": providers.address},
        revokers=(str(rules),),
        internal=True,
    )


def token(rule: str, seed: int = 0) -> str:
    chance = random.Random(f"{rule} {seed}")
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return ("gh" + "p_" if rule == GITHUB else "acme_") + "".join(
        chance.choices(letters, k=36 if rule == GITHUB else 32)
    )


def expose(
    git_dir: Path, secrets: Secrets, *found: tuple[str, str], now: datetime = NOW, allowed=None
) -> list[str]:
    """Record secrets as a push does, and return the incidents' ids."""
    vault = Vault(server_key(git_dir))
    for rule, value in found:
        hit = Hit(rule=rule, title="token", tier=Tier.KNOWN, value=value.encode(), line=3, column=7)
        vault.expose(hit, place=Place(path="a.py", line=3, commit="1" * 40), ref="refs/heads/main")
    Incidents(git_dir).record(vault.exposures, Reported("north", now, secrets, allowed or {}))
    return [each.fingerprint[:16] for each in vault.exposures]


def worker(git_dir: Path, secrets: Secrets, now: datetime = NOW) -> Worker:
    return read_worker(git_dir, secrets, lambda: now, None)


def state(git_dir: Path, name: str) -> State:
    return Incidents(git_dir).one(name).state


def test_what_is_revoked_is_erased(git_dir, secrets, providers):
    value = token(GITHUB)
    (name,) = expose(git_dir, secrets, (GITHUB, value))
    assert state(git_dir, name) is State.QUEUED
    assert worker(git_dir, secrets).round().revoked == 1
    assert providers.revoked == {value}
    incident = Incidents(git_dir).one(name)
    assert (incident.state, incident.is_sealed) == (State.REVOKED, False)
    assert [event.what for event in incident.events] == ["opened", "queued", "sending", "revoked"]


def test_many_tokens_of_github_go_into_one_request(git_dir, secrets, providers):
    names = expose(git_dir, secrets, *((GITHUB, token(GITHUB, seed)) for seed in range(30)))
    assert worker(git_dir, secrets).round().revoked == 30
    assert providers.asked == [("POST /credentials/revoke", 30)]
    assert {state(git_dir, name) for name in names} == {State.REVOKED}


def test_a_revoker_of_the_administrators_is_used(git_dir, secrets, providers):
    (name,) = expose(git_dir, secrets, (ACME, token(ACME)))
    assert worker(git_dir, secrets).round().revoked == 1
    assert providers.asked == [("POST /revoke", 1)]
    assert state(git_dir, name) is State.REVOKED


def test_the_value_is_nowhere_on_the_disk(git_dir, secrets, providers):
    values = [token(GITHUB), token(ACME)]
    providers.statuses = {"/revoke": [500]}
    expose(git_dir, secrets, (GITHUB, values[0]), (ACME, values[1]))
    worker(git_dir, secrets).round()
    for path in git_dir.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not any(value.encode() in data for value in values), path


def test_a_policy_that_asks_waits_for_somebody(git_dir, secrets, providers):
    asking = Secrets(
        policies={ACME: Revocation.ASK}, revokers=secrets.revokers, variables=secrets.variables, internal=True
    )
    (name,) = expose(git_dir, asking, (ACME, token(ACME)))
    assert worker(git_dir, asking).round() == (0, 0, 0, 0)
    assert (state(git_dir, name), providers.asked) == (State.ASKING, [])
    Incidents(git_dir).retry(name, NOW, "admin")
    assert worker(git_dir, asking).round().revoked == 1


def test_what_policy_does_not_name_is_never_kept_or_sent(git_dir, secrets, providers):
    (name,) = expose(git_dir, secrets, ("betterleaks.npm-access-token", "npm_x" * 8))
    worker(git_dir, secrets).round()
    incident = Incidents(git_dir).one(name)
    assert (incident.state, incident.is_sealed, providers.asked) == (State.OPEN, False, [])


def test_a_policy_that_was_taken_back_stops_what_was_queued(git_dir, secrets, providers):
    (name,) = expose(git_dir, secrets, (ACME, token(ACME)))
    worker(git_dir, Secrets(revokers=secrets.revokers)).round()
    assert (state(git_dir, name), providers.asked) == (State.OPEN, [])


def test_an_unknown_outcome_is_looked_at_before_it_is_sent_again(git_dir, secrets, providers):
    providers.statuses = {"/revoke": [599]}  # it revokes, and says that it is out of order
    (name,) = expose(git_dir, secrets, (ACME, token(ACME)))
    assert worker(git_dir, secrets).round().waiting == 1
    assert state(git_dir, name) is State.UNKNOWN
    assert worker(git_dir, secrets).round() == (0, 0, 0, 0), "it backs off"
    assert worker(git_dir, secrets, NOW + timedelta(hours=2)).round().revoked == 1
    assert providers.asked == [("POST /revoke", 1), ("GET /whoami", 1)]


def test_a_value_that_still_works_is_sent_again(git_dir, secrets, providers):
    providers.statuses = {"/revoke": [503, 429]}
    (name,) = expose(git_dir, secrets, (ACME, token(ACME)))
    for hours in range(3):
        worker(git_dir, secrets, NOW + timedelta(hours=2 * hours)).round()
    assert state(git_dir, name) is State.REVOKED
    assert [what for what, _ in providers.asked].count("POST /revoke") == 3


def test_what_cannot_be_revoked_goes_to_a_person(git_dir, secrets, providers):
    providers.statuses = {"/revoke": [403]}
    told = Secrets(**{**vars_of(secrets), "webhook": f"{providers.address}/credentials/told"})
    (name,) = expose(git_dir, told, (ACME, token(ACME)))
    assert worker(git_dir, told).round().for_people == 1
    assert ("POST /credentials/told", 1) in providers.asked
    worker(git_dir, told).round()
    assert [what for what, _ in providers.asked].count("POST /credentials/told") == 1
    Incidents(git_dir).close(name, NOW, "admin", "key replaced")
    assert state(git_dir, name) is State.CLOSED


def vars_of(secrets: Secrets) -> dict:
    return {name: getattr(secrets, name) for name in Secrets.__slots__}


def test_a_value_is_kept_no_longer_than_it_may(git_dir, secrets):
    asking = Secrets(policies={ACME: Revocation.ASK}, revokers=secrets.revokers, keep_hours=1)
    (name,) = expose(git_dir, asking, (ACME, token(ACME)))
    assert worker(git_dir, asking, NOW + timedelta(hours=1)).round().erased == 1
    incident = Incidents(git_dir).one(name)
    assert (incident.state, incident.is_sealed) == (State.OPEN, False)


def test_the_same_secret_adds_to_its_incident(git_dir, secrets):
    (name,) = expose(git_dir, secrets, (ACME, token(ACME)))
    expose(git_dir, secrets, (ACME, token(ACME)), now=NOW + timedelta(days=1))
    incident = Incidents(git_dir).one(name)
    assert (incident.times, len(Incidents(git_dir).all())) == (2, 1)


@pytest.mark.usefixtures("providers")
def test_the_rate_of_a_rule_is_kept(git_dir, secrets):
    slow = Secrets(**{**vars_of(secrets), "per_minute": {ACME: 2}})
    expose(git_dir, slow, *((ACME, token(ACME, seed)) for seed in range(5)))
    now = [NOW]
    paced = read_worker(git_dir, slow, lambda: now[0], None)
    assert [paced.round().revoked, paced.round().revoked] == [2, 0]
    now[0] += timedelta(minutes=1)
    assert paced.round().revoked == 2


def test_revokers_that_others_may_write_are_not_read(git_dir, secrets, providers):
    Path(secrets.revokers[0]).chmod(0o666)
    expose(git_dir, secrets, (ACME, token(ACME)))
    with pytest.raises(UnjudgedError, match="others may write it"):
        worker(git_dir, secrets).round()
    assert providers.asked == []


def test_without_a_key_nothing_is_kept(tmp_path, secrets):
    bare = tmp_path / "other.git"
    (bare / "gitcorpus").mkdir(parents=True)
    (name,) = expose(bare, secrets, (ACME, token(ACME)))
    incident = Incidents(bare).one(name)
    assert (incident.state, incident.is_sealed) == (State.OPEN, False)
    assert incident.events[-1].said == "there is no key: gitcorpus revoke keygen"


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
sys.path.insert(0, sys.argv[4])
import gitcorpus.incidents.store as store, gitcorpus.incidents.send as send
from flows.test_revoke import ACME, GITHUB, expose, token, worker
from gitcorpus.model.server import Revocation, Secrets

git_dir, address, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
secrets = Secrets(policies={GITHUB: Revocation.AUTO, ACME: Revocation.AUTO},
                  variables={"GITHUB_API_BASE_URL": address}, revokers=(sys.argv[5],), internal=True)
count = 0

def stepping(function):
    def stepped(*arguments, **more):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = function(*arguments, **more)
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return stepped

for name in ("record", "due", "begin", "wait", "end", "expire"):
    setattr(store.Incidents, name, stepping(getattr(store.Incidents, name)))
for name in ("revoke", "is_dead"):
    setattr(send.Sender, name, stepping(getattr(send.Sender, name)))
expose(git_dir, secrets, (GITHUB, token(GITHUB)), (ACME, token(ACME)))
worker(git_dir, secrets, datetime(2026, 3, 1, 15, tzinfo=UTC)).round()
print("to the end")
"""


@pytest.mark.parametrize("step", range(1, 20))
def test_killed_anywhere_nothing_is_lost(git_dir, secrets, providers, step):
    here = Path(__file__).parent.parent
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(git_dir),
        providers.address,
        str(step),
        str(here),
        secrets.revokers[0],
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ}, check=False, timeout=60
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    if step == 1:
        assert Incidents(git_dir).all() == [], (
            "killed before it was written down: the push was not answered either"
        )
        return
    for hours in (5, 8):
        worker(git_dir, secrets, NOW + timedelta(hours=hours)).round()
    found = Incidents(git_dir).all()
    assert {each.rule: each.state for each in found} == {GITHUB: State.REVOKED, ACME: State.REVOKED}
    assert providers.revoked == {token(GITHUB), token(ACME)}
    assert {what for what, _ in providers.asked} <= {
        "POST /credentials/revoke",
        "POST /revoke",
        "GET /user",
        "GET /whoami",
    }
    with sqlite3.connect(git_dir / "gitcorpus/incidents.db") as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
