from tests.support.paragraphs import paragraphs
from tests.support.project import ROOT
from tests.support.rules import CLAUSES, PAGE, SPEC, manual

WRITE = "run `python -m tests.support.rules`"


def test_the_page_of_the_rules_is_current() -> None:
    assert PAGE.read_text("utf-8") == manual(), WRITE


def test_every_clause_has_a_heading_and_paragraphs() -> None:
    folders = {path.name for path in SPEC.iterdir() if path.is_dir() and path.name[0].isdigit()}
    assert folders == set(CLAUSES)
    assert all(any((SPEC / folder).glob("test_*.py")) for folder in folders)


def test_every_paragraph_reads_as_a_sentence() -> None:
    for source in SPEC.glob("*/test_*.py"):
        heading, found = paragraphs(source)
        assert heading.endswith("."), source.relative_to(ROOT)
        assert found
        assert all(len(paragraph.sentence.split()) > 2 for paragraph in found)
