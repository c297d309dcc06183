"""Annotations stay about answers that are there."""

from gates.pushes import candidate_of, result_of
from smallest import ADD, smallest

from gitcorpus.gates.annotations import _SOUND
from gitcorpus.gates.registry import built_in

GATE = built_in("annotations")


def test_an_answer_that_goes_away_is_missed_at_once(forge):
    work = smallest(forge)
    work.commit({f"{ADD}/RANKS.yaml": _SOUND, f"{ADD}/add.py": "x = 1\n", f"{ADD}/more.py": "y = 2\n"})
    work.git("checkout", "--quiet", "--detach")
    tip = work.commit({f"{ADD}/more.py": None})
    assert result_of(candidate_of(work, tip), GATE).findings == ()
    tip = work.commit({f"{ADD}/add.py": None})
    found = result_of(candidate_of(work, tip), GATE).findings
    assert [(each.place.path, each.code) for each in found] == [(f"{ADD}/RANKS.yaml", "candidate-missing")]
    tip = work.commit({f"{ADD}/RANKS.yaml": None})
    assert result_of(candidate_of(work, tip), GATE).findings == ()
