"""Laws: a route leads to the line that its value was written on, and a text knows the lines that it came from."""

from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.spec.nodes import Fields, Items, Scalar, reach
from gitcorpus.spec.yaml import parse_yaml

words = st.text("abcxyz0", min_size=1, max_size=4).map(lambda word: f"w{word}")
trees = st.recursive(
    words,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(words, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


def write(tree, lines, route, places, indent=""):
    """Write a tree as block YAML, noting the line of each leaf under its route."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for step, child in children:
        head = f"{indent}{step}:" if isinstance(tree, dict) else f"{indent}-"
        here = (*route, step)
        if isinstance(child, str):
            lines.append(f"{head} {child}")
            places[here] = (len(lines), child)
        else:
            lines.append(head)
            write(child, lines, here, places, f"{indent}  ")


@given(st.dictionaries(words, trees, min_size=1, max_size=4))
def test_a_route_leads_to_the_line_of_its_value(tree):
    lines, places = [], {}
    write(tree, lines, (), places)
    root = parse_yaml("\n".join(lines).encode(), "a.yaml").root
    for route, (line, word) in places.items():
        node = reach(root, route)
        assert isinstance(node, Scalar)
        assert (node.line, node.text, node.route) == (line, word, route)
        assert lines[line - 1][node.column - 1 : node.last_column] == word


@given(st.dictionaries(words, trees, min_size=1, max_size=4))
def test_every_node_knows_its_own_route(tree):
    lines, places = [], {}
    write(tree, lines, (), places)
    root = parse_yaml("\n".join(lines).encode(), "a.yaml").root
    waiting = [((), root)]
    while waiting:
        route, node = waiting.pop()
        assert node.route == route
        match node:
            case Items():
                waiting += [((*route, index), inner) for index, inner in enumerate(node.nodes)]
            case Fields():
                waiting += [((*route, name), entry.node) for name, entry in node.entries.items()]
                assert all(entry.key.route == (*route, name) for name, entry in node.entries.items())
            case Scalar():
                pass


@given(
    st.lists(st.text("ab :#-'\"{%", max_size=6).map(lambda t: t.strip()), min_size=1, max_size=8),
    st.sampled_from(["|", "|-", "|+", "|2", "|2-", "|+2"]),
    st.integers(0, 3),
)
def test_each_line_of_a_literal_block_is_the_line_of_the_file_that_it_says(texts, header, n_blank):
    before = ["# a comment"] * n_blank
    block = [f"  {text}" if text else "" for text in texts]
    lines = [*before, f"key: {header}", *block, "after: x"]
    parsed = parse_yaml("\n".join(lines).encode(), "a.yaml")
    node = parsed.root.get("key")
    written = node.text.removesuffix("\n").split("\n") if node.text else []
    assert len(node.lines) == len(written)
    for text, line in zip(written, node.lines, strict=True):
        assert lines[line - 1].removeprefix("  ") == text


@given(st.sampled_from([">", ">-", ">+"]), st.integers(0, 2))
def test_all_lines_of_a_folded_block_have_its_first_line(header, n_blank):
    lines = [f"key: {header}", *[""] * n_blank, "  one", "  two", "", "  three", "after: x"]
    node = parse_yaml("\n".join(lines).encode(), "a.yaml").root.get("key")
    assert set(node.lines) == {2 + n_blank}
    assert len(node.lines) == node.text.removesuffix("\n").count("\n") + 1


def test_quoted_and_plain_texts_stand_where_they_begin():
    text = 'a: "one\\ntwo"\nb: plain\nc: "over\n  lines"\nd: ""\ne: &x\n  # | a comment\n\n  |\n  one\n  two\nf: *x\n'
    root = parse_yaml(text.encode(), "a.yaml").root
    lines = {name: entry.node.lines for name, entry in root.entries.items()}
    assert lines == {"a": (1, 1), "b": (2,), "c": (3,), "d": (), "e": (10, 11), "f": (10, 11)}
