"""The kinds that templates are checked against are those of the values that contexts make."""

from forge import Forge
from smallest import ADD, RELEASE, SPECS

from gitcorpus.catalog.derived import TABLES, Wish
from gitcorpus.catalog.tables import KEYS
from gitcorpus.compiler.filters import Names
from gitcorpus.compiler.kinds import NAMES, Many, Row, example_of
from gitcorpus.flows.ground import prepare
from gitcorpus.flows.job import open_job
from gitcorpus.model.format import Leaf
from gitcorpus.model.release import ReleaseRequest
from gitcorpus.model.steps import Fix
from gitcorpus.model.traced import TracedText

RANKS = """\
apiVersion: gitcorpus/v1
kind: Annotation
candidates:
  - {id: short, text: "a + b"}
  - {id: long, path: add.py}
judgements:
  - {annotator: north, rubric: clarity, ranks: {short: 1, long: 2}}
"""
PLAIN = {Leaf.TEXT: TracedText, Leaf.WORD: str, Leaf.WHOLE: int, Leaf.FLAG: bool}


def misfits(value, kind, path):
    match kind:
        case Row():
            fields = value if isinstance(value, dict) else value._fields
            if set(fields) != set(kind.fields):
                yield f"{path}: {sorted(set(fields) ^ set(kind.fields))}"
            for name in fields:
                yield from misfits(value[name], kind.fields.get(name), f"{path}.{name}")
        case Many():
            for each in value if isinstance(value, list) else [None]:
                yield from misfits(each, kind.of, f"{path}[]")
        case _ if value is None and kind is not Leaf.TEXT:
            pass  # a column without a value
        case _ if type(value) is not PLAIN[kind]:
            yield f"{path} is {value!r}, no {kind}"


def ground_of(forge: Forge):
    """Return what a small history comes to, with a row in every table."""
    work = forge.work()
    work.commit({**SPECS, "specs/release.yaml": RELEASE}, "specs", author="lead")
    code = '# adds\ndef add(a, b):\n    """Return the sum."""\n    return a - b\n'
    work.commit({f"{ADD}/add.py": code, f"{ADD}/gone.py": "x = 1\n"}, "Add\n\nStep: bad")
    work.commit({f"{ADD}/add.py": code.replace("-", "+"), f"{ADD}/gone.py": None}, "Add\n\nStep: good")
    work.commit(
        {f"{ADD}/RANKS.yaml": RANKS, f"{ADD}/test_add.py": "x = 1\n", f"{ADD}/data/x.py": "x = 1\n"}, "ranks"
    )
    work.tag("v1")
    request = ReleaseRequest(repository=work.path, tag="v1", folder=work.path.parent, unverified=True)
    ground = prepare(open_job(request), Wish(TABLES - {"fixes"}, True, True), None, lambda *_: None)
    key, pair = next(iter(ground.derived.pairs.items()))
    ground.derived.fixes = {
        key: Fix(pair=pair, fail_to_pass=("a",), pass_to_pass=(), language="python", solved_at=0)
    }
    (row,) = [row for row in ground.catalog.rows("pairs") if row["pair"] == key]
    row = {name: value for name, value in row.items() if name != "pair"}
    ground.catalog.add("fixes", [{**row, "fix": key, "fail_to_pass": ["a"], "pass_to_pass": []}])
    return ground


def test_contexts_make_what_the_kinds_say(forge):
    ground = ground_of(forge)
    found = {}
    for table in KEYS.keys() - {"records"}:
        keys = [row[KEYS[table]] for row in ground.catalog.rows(table)]
        assert keys, table
        found[table] = [
            each
            for key in keys
            for each in misfits(ground.contexts.names(table, key), Row(NAMES[table]), table)
        ]
    assert {table: said for table, said in found.items() if said} == {}
    assert set(NAMES) == set(KEYS)


def test_examples_have_their_kinds():
    for table, names in NAMES.items():
        example = example_of(Row(names))
        assert isinstance(example, Names)
        assert list(misfits(example, Row(names), table)) == []
