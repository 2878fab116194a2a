"""`python -m tests.support.reference` writes docs/reference anew and says which pages changed."""

import sys

from tests.support.reference.pages import FOLDER, pages


def main() -> None:
    """Write every page and schema."""
    for name, text in pages().items():
        target = FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_text("utf-8") if target.is_file() else None
        target.write_text(text, "utf-8")
        sys.stdout.write(f"docs/reference/{name}: {'current' if text == before else 'written'}\n")


if __name__ == "__main__":
    main()
