"""What the ledger keeps of a verdict has a bound, however much a push is refused for."""

import json

from hypothesis import given
from hypothesis import strategies as some

from gitcorpus.flows.body import ALWAYS_KEPT, MOST_FINDING_BYTES, verdict_body
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import ZERO_OID, Oid, Place
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.verdict import GateResult, GateState, Verdict

PUSH = Push(updates=(RefUpdate(ref="refs/heads/a", old=ZERO_OID, new=Oid("1" * 40)),), pusher="north")


def body_of(*lengths):
    results = tuple(
        GateResult(
            gate=f"gate{number}",
            state=GateState.FAILED,
            findings=tuple(
                Finding(
                    code="odd",
                    place=Place(path=f"{'d' * length}/{each}\udcff"),
                    sentence="It is odd.",
                    hint="",
                )
                for each in range(count)
            ),
        )
        for number, (count, length) in enumerate(lengths)
    )
    return verdict_body(Verdict(updates=PUSH.updates, results=results), PUSH)


@given(some.lists(some.tuples(some.integers(0, 400), some.integers(1, 900)), max_size=5))
def test_findings_have_a_bound_and_none_is_left_out_in_silence(lengths):
    body = body_of(*lengths)
    assert len(body["gates"]) == len(lengths)
    for (count, _), gate in zip(lengths, body["gates"], strict=True):
        left = gate.get("left_out", {"count": 0})["count"]
        assert len(gate["findings"]) + left == count
        assert len(gate["findings"]) >= min(count, ALWAYS_KEPT)
    written = sum(len(json.dumps(found)) for gate in body["gates"] for found in gate["findings"])
    assert written <= MOST_FINDING_BYTES + ALWAYS_KEPT * len(lengths) * 2500


def test_what_is_left_out_is_named_by_its_digest():
    (one,), (other,) = body_of((100, 500))["gates"], body_of((101, 500))["gates"]
    assert one["left_out"]["count"] + 1 == other["left_out"]["count"]
    assert one["left_out"]["digest"].startswith("sha256:")
    assert one["left_out"] != other["left_out"]
    (same,) = body_of((100, 500))["gates"]
    assert same == one
    (few,) = body_of((5, 100))["gates"]
    assert "left_out" not in few
    assert len(few["findings"]) == 5
