from pathlib import Path

import numpy as np
import pytest

from gateway.errors import StoreError
from gateway.identity import Keyer, PersonName
from gateway.roster.shapes import SHAPE_BYTES, NameShapes, Shaper, is_masked

KEYER = Keyer(b"an identity key of the tests")
SHAPER = Shaper(KEYER)
NAMES = ["张小三", "张大三", "张三", "欧阳小三", "阿卜杜热合曼·买买提"]


def parsed(text: str) -> PersonName:
    return PersonName.parse(text)


def written(folder: Path) -> NameShapes:
    shapes = sorted((KEYER.name(parsed(name)), SHAPER.shape(parsed(name))) for name in NAMES)
    keys = np.array([key for key, _ in shapes], "<i8").tobytes()
    (folder / "people.names").write_bytes(keys + b"".join(shape for _, shape in shapes))
    return NameShapes.open(folder / "people.names")


@pytest.mark.parametrize(
    ("masked", "agrees"),
    [
        ("张*三", {"张小三", "张大三"}),
        ("张＊三", {"张小三", "张大三"}),
        ("张○ 三", {"张小三", "张大三"}),
        ("张某某", {"张小三", "张大三"}),
        ("*三", {"张三"}),
        ("**三", {"张小三", "张大三"}),
        ("李*三", set()),
        ("欧阳**", {"欧阳小三"}),
        ("阿卜****·***", {"阿卜杜热合曼·买买提"}),
        ("阿卜杜热合*曼·买买提", set()),
        ("阿卜杜热*曼·买买提", {"阿卜杜热合曼·买买提"}),
        ("阿卜杜热*慢·买买提", set()),
    ],
)
def test_what_is_visible_of_a_name_is_compared(tmp_path: Path, masked: str, agrees: set[str]) -> None:
    seen = SHAPER.seen(parsed(masked))
    assert seen is not None
    assert 0 < seen < 2**63
    shapes = written(tmp_path)
    assert {name for name in NAMES if shapes.agrees(KEYER.name(parsed(name)), seen)} == agrees


def test_a_name_of_which_nothing_is_visible_cannot_be_compared() -> None:
    assert SHAPER.seen(parsed("***")) is None
    assert SHAPER.seen(parsed("********三")) is None


def test_only_a_name_with_a_hidden_character_is_masked() -> None:
    assert [is_masked(parsed(text)) for text in ("张*三", "张三", "张某")] == [True, False, True]


def test_a_name_that_is_not_on_the_roster_agrees_with_nothing(tmp_path: Path) -> None:
    seen = SHAPER.seen(parsed("张*三"))
    assert seen is not None
    assert not written(tmp_path).agrees(KEYER.name(parsed("李四")), seen)
    (tmp_path / "empty.names").touch()
    assert not NameShapes.open(tmp_path / "empty.names").agrees(5, seen)


def test_another_key_gives_another_shape() -> None:
    assert Shaper(Keyer(b"another identity key")).shape(parsed("张三")) != SHAPER.shape(parsed("张三"))
    assert len(SHAPER.shape(parsed("张三"))) == SHAPE_BYTES


def test_the_same_character_at_another_place_is_another_hash() -> None:
    shape = np.frombuffer(SHAPER.shape(parsed("三三三")), "<u2")
    assert len(set(shape.tolist())) == 5


def test_a_file_that_is_missing_or_cut_short_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.names cannot be read: import the roster again"):
        NameShapes.open(tmp_path / "gone.names")
    (tmp_path / "cut.names").write_bytes(b"12345")
    with pytest.raises(StoreError, match=r"cut\.names is cut short: import the roster again"):
        NameShapes.open(tmp_path / "cut.names")
