"""One update of one ref, judged by one gate, for the tests of single gates."""

import subprocess
from collections.abc import Mapping

from forge import Work
from smallest import NOW, SERVER

from gitcorpus.flows.policy import load_policy
from gitcorpus.gates.base import Candidate
from gitcorpus.gates.candidates import build_candidate
from gitcorpus.gates.runner import run_gates
from gitcorpus.git.repo import Repo
from gitcorpus.model.declaration import Declaration, Waiver
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import GateResult


def candidate_of(
    work: Work,
    new: Oid,
    *,
    ref: str = "refs/heads/main",
    old: Oid | None = None,
    server: Server = SERVER,
    pusher: str | None = "north",
) -> Candidate:
    """Return the candidate of an update; `old` is what the ref names in the repository, if it is not given."""
    repo = Repo.open(work.git_dir)
    policy = load_policy(repo, server)
    update = RefUpdate(ref=ref, old=old or repo.ref(ref) or ZERO_OID, new=new)
    return build_candidate(
        update, repo=repo, server=server, spec=policy.spec, policy=policy.commit, pusher=pusher
    )


def result_of(candidate: Candidate, declaration: Declaration, *waivers: Waiver) -> GateResult:
    """Return what one declared gate says of a candidate."""
    (result,) = run_gates([candidate], [declaration], waivers=waivers, today=NOW.date())
    return result


def paste(work: Work, command: str, env: Mapping[str, str] | None = None) -> None:
    """Paste a command into a shell, as whoever reads it would."""
    stamp = f"{int(work.forge.tick().timestamp())} +0000"
    environ = {**work.forge.environ, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp, **(env or {})}
    words = ["sh", "-c", command]
    done = subprocess.run(words, cwd=work.path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def codes_of(candidate: Candidate, declaration: Declaration) -> list[str]:
    """Return the codes of what one declared gate finds; it must have given an answer."""
    result = result_of(candidate, declaration)
    assert result.reason == ""
    return [finding.code for finding in result.findings]
