"""An extra is loaded where it is asked for; where it is missing, the message says how to get it."""

import pytest

from gateway import extras
from gateway.errors import ConfigError


def test_an_extra_that_is_there_is_loaded() -> None:
    assert extras.load("spark", "decide").__name__ == "gateway.decide.spark"
    assert extras.load("spark", "pages").__name__ == "gateway.intake.spark"


def test_an_extra_that_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pip install certification-gateway\[spark\]"):
        extras.load("spark", "decide")
