import re

from tests.support.project import ROOT

PAGE = "docs/how-to/read_a_refusal.md"
SOURCES = ("gateway/fields.py", "gateway/identity.py", "gateway/intake/interpret.py")
NAMED = re.compile(r'(?:ValueError\(|_BrokenRule\([^"]+, |Fault\([^"]+, |Fault\("[a-z_]+", )"([a-z_]+)"')
OF_PYDANTIC = {"missing", "literal_error"}


def rules_in_the_code() -> set[str]:
    texts = [(ROOT / source).read_text("utf-8") for source in SOURCES]
    return {rule for text in texts for rule in NAMED.findall(text)}


def rules_on_the_page() -> set[str]:
    lines = (ROOT / PAGE).read_text("utf-8").splitlines()
    cells = [line.split("|")[1] for line in lines if line.startswith("| `")]
    return {rule for cell in cells for rule in re.findall(r"`([a-z_]+)`", cell)}


def test_every_rule_that_the_gateway_names_is_explained() -> None:
    assert len(rules_in_the_code()) > 10
    assert rules_on_the_page() == rules_in_the_code() | OF_PYDANTIC
