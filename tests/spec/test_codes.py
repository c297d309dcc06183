"""The manual's sections of the codes of this room; that there are no others and none is missing, `test_docs` proves."""

from gitcorpus.shipped import shipped_path


def test_a_section_says_what_it_means_shows_a_line_and_the_way_out():
    page = shipped_path("codes", "spec.md").read_text()
    for section in page.split("\n## ")[1:]:
        code, *_ = section.split("\n")
        _meaning, line, way = section.removeprefix(code).strip().split("\n\n")
        assert f"{code}: " in line
        assert way.endswith((".", "`"))
