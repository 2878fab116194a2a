import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.project import ROOT
from tests.support.snippets import links, pages

ELSEWHERE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
READMES = [page for page in pages() if page.parts[0] != "docs"]


class Reader(HTMLParser):
    """What a page of the site fetches by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        value = dict(attrs).get(FETCHED.get(tag, ""))
        if value:
            self.fetched.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built documentation; a link or an anchor that leads nowhere fails the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_no_page_of_the_site_fetches_anything_from_elsewhere(site: Path) -> None:
    fetched = {}
    for page in site.rglob("*.html"):
        reader = Reader()
        reader.feed(page.read_text("utf-8"))
        assert reader.fetched, page
        fetched[page] = [value for value in reader.fetched if ELSEWHERE.match(value)]
    assert not {page: found for page, found in fetched.items() if found}


def test_every_block_of_the_site_is_set_as_one(site: Path) -> None:
    assert not [page for page in site.rglob("*.html") if "```" in page.read_text("utf-8")]


def test_no_style_of_the_site_fetches_anything_from_elsewhere(site: Path) -> None:
    styles = [style.read_text("utf-8") for style in site.rglob("*.css")]
    assert styles
    assert not [
        found for text in styles for found in re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", text)
    ]


def test_the_search_finds_chinese_by_its_characters_with_and_without_a_server(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text("utf-8")
    script = (site / "search" / "search_index.js").read_text("utf-8")
    assert script == f"var __index = {index}"
    assert "无\u200b感\u200b认\u200b证" in index


@pytest.mark.parametrize("page", READMES, ids=str)
def test_a_link_of_a_readme_leads_somewhere(page: Path) -> None:
    wrong = [
        target for target in links(page) if not ELSEWHERE.match(target) and not leads_somewhere(page, target)
    ]
    assert not wrong


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = unquote(target).partition("#")
    file = (ROOT / page.parent / path).resolve() if path else ROOT / page
    return file.exists() and (not anchor or anchor in anchors(file))


@cache
def anchors(file: Path) -> frozenset[str]:
    """The anchors of a page's headings, as they are made of their texts."""
    headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def test_a_link_that_leads_nowhere_is_seen() -> None:
    assert leads_somewhere(Path("README.md"), "docs/glossary.md#not-said")
    assert not leads_somewhere(Path("README.md"), "docs/glossary.md#nowhere")
    assert not leads_somewhere(Path("README.md"), "docs/nowhere.md")
