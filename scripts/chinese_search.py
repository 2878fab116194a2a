"""Makes Chinese text of the built documentation searchable: every character becomes a word of its own.

A hook of mkdocs. The search plugin would cut words with a dictionary that is not installed here; a reader who
types part of a term finds it this way too. docs/assets/iframe-worker.js parts what is asked for likewise.
"""

import json
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority

_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])")
_ZERO_WIDTH_SPACE = "\u200b"


# After the search plugin has written its index, before the offline plugin copies it into a script.
@event_priority(-50)
def on_post_build(config: MkDocsConfig) -> None:
    """Part the characters in the index that was just written."""
    index = Path(config.site_dir, "search", "search_index.json")
    # Read and written as JSON, for the plugin writes Chinese characters as escapes.
    plain = json.dumps(json.loads(index.read_text("utf-8")), ensure_ascii=False)
    index.write_text(parted(plain), "utf-8")


def parted(text: str) -> str:
    """The text with a zero-width space between any two Chinese characters."""
    return _BETWEEN.sub(_ZERO_WIDTH_SPACE, text)
