import ast
import re
from pathlib import Path

import pytest

from tests.support.project import python_texts, table, texts

GLOSSARY = Path("docs/glossary.md")
NOT_SAID = dict(table(str(GLOSSARY), "## Not said"))
NOT_A_NAME = {word.lower() for word, _ in table(str(GLOSSARY), "## Not in a name")}
# Machine folders; a path below one of them says where somebody worked, not what the project is.
MACHINE_PATH = re.compile(r"(?<![\w./:$}-])/(?:work|root|home|Users|workspace)/\w")


def spoken(text: str) -> str:
    """The text with identifiers taken apart into their words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]", " ", text)


def banned_words(text: str) -> list[str]:
    phrases = "|".join(spoken(word).replace(" ", r"\s+") for word in NOT_SAID)
    return [" ".join(found.split()).lower() for found in re.findall(rf"(?i)\b(?:{phrases})\b", spoken(text))]


def class_names(text: str) -> list[str]:
    return [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]


def says_nothing(name: str) -> bool:
    return spoken(name).split()[-1].lower() in NOT_A_NAME


def test_the_project_speaks_with_the_words_of_the_glossary() -> None:
    found = {f"{path}: {word}" for path, text in texts() if path != GLOSSARY for word in banned_words(text)}
    assert not found, f"say what {GLOSSARY} says instead"


@pytest.mark.parametrize("word", NOT_SAID)
def test_every_word_of_the_table_is_looked_for(word: str) -> None:
    snake, camel = re.sub(r"[ -]", "_", word), re.sub(r"[ -]", "", word.title())
    assert banned_words(f"the {word.upper()}.") == banned_words(f"a_{snake}_b") == banned_words(f"a{camel}")
    assert banned_words(word)


def test_no_class_and_no_file_is_named_after_nothing() -> None:
    names = [(path, name) for path, text in python_texts() for name in [path.stem, *class_names(text)]]
    assert not [f"{path}: {name}" for path, name in names if says_nothing(name)]


def test_a_name_after_nothing_is_seen() -> None:
    assert says_nothing("Page" + "Manager")
    assert says_nothing("hub_" + "utils")
    assert not says_nothing("BaseLine")


def test_no_text_names_a_folder_of_the_machine_it_was_written_on() -> None:
    found = [f"{path}: {hit.group()}" for path, text in texts() for hit in MACHINE_PATH.finditer(text)]
    assert not found


def test_a_folder_of_a_machine_is_seen_and_an_address_is_not() -> None:
    assert MACHINE_PATH.search("see " + "/home" + "/someone/notes")
    assert not MACHINE_PATH.search("https://example.org/home/page")
