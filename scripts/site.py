"""What building the documentation needs beside mkdocs' own plugins; mkdocs loads it as a hook."""

import json
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority

_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])")
_ZERO_WIDTH_SPACE = "\u200b"
_FOR_TESTS = re.compile(r"^( *```\w+.*?)(?: (?:exit|background)=\S+)+$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Take off what a block says to the test that follows it (`sh exit=11`): readers have no use for it."""
    return _FOR_TESTS.sub(r"\1", markdown)


# After the search plugin has written its index, before the offline plugin copies it into a script.
@event_priority(-50)
def on_post_build(config: MkDocsConfig) -> None:
    """Make Chinese searchable: each character in the index is a word, so part of a term is found.

    The search plugin would cut words with a dictionary that is not installed here.
    docs/assets/iframe-worker.js parts what is asked for likewise.
    """
    index = Path(config.site_dir, "search", "search_index.json")
    # Read and written as JSON, for the plugin writes Chinese characters as escapes.
    plain = json.dumps(json.loads(index.read_text("utf-8")), ensure_ascii=False)
    index.write_text(_BETWEEN.sub(_ZERO_WIDTH_SPACE, plain), "utf-8")
