"""A page that is laid out says what the strict reader reads in it, and is signed as if it had been read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.canonical import canonical_json
from gateway.crypto.layout import Layout, Plaintext, layout_of
from gateway.crypto.nhsa import canonical_text
from gateway.crypto.strict_json import read_json

STYLES = [(",", ":"), (", ", ": ")]
TEXTS = st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cs", "Cc"]), max_size=14)
CELLS = st.one_of(TEXTS, TEXTS, st.none(), st.sampled_from(['"', "\\", "\n", "\x7f", "},{", '":', "null"]))
ODD = st.sampled_from([1, 1.5, True, [], {}, ["x"], {"a": "1"}])
BREAKS = st.sampled_from(
    [
        ("},{", "},\n{"), ("},{", "}{"), ("},{", "},,{"), ("}]", "}}]"), ("}]", "}] "), ("}]", "},]"),
        ("[{", "[[{"), ("null", "nul"), ("null", "NaN"), ("null", "nulll"), ("null", "7"), (":", " :"),
        (",", ",,"), ('"', "'"), ('":"', '":"x","a":"'), ('":"', '": "'), ("[{", '[{"a":"1","a":"2",'),
        ("}", ',"a":null}'), ("[", '{"a":['), ("}]", '}],"a":[]'), ("{", '{"rows":1,'), ("", "\ufeff"),
        ('"', '"\\u0041'),
    ]
)  # fmt: skip


@st.composite
def pages(draw: st.DrawFn) -> bytes:
    names = draw(st.lists(TEXTS, min_size=1, max_size=5, unique=True))
    rows: list[dict[str, Any]] = draw(
        st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELLS)), min_size=1, max_size=5)
    )
    if draw(st.integers(0, 7)) == 0:
        draw(st.sampled_from(rows))[draw(st.sampled_from([*names, "more"]))] = draw(ODD)
    page = draw(st.sampled_from([rows, {"rows": rows}, {draw(TEXTS): rows}, {"rows": rows, "n": None}]))
    return json.dumps(page, ensure_ascii=False, separators=draw(st.sampled_from(STYLES))).encode()


def strict(text: bytes) -> bytes | None:
    try:
        return canonical_json(read_json(text, keep_nulls=False)).encode()
    except ValueError:
        return None


def read_from(layout: Layout) -> Any:
    columns = {name: values.to_list() for name, values in layout.values.to_dict().items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return rows if layout.member is None else {layout.member: rows}


def hold_equal(text: bytes) -> None:
    """What is laid out is what the strict reader reads, and the same is signed either way."""
    wanted, layout = strict(text), layout_of(text)
    if layout is not None:
        assert wanted is not None
        assert read_from(layout) == read_json(text)
        assert layout.canonical() == wanted
    if wanted is not None:
        assert canonical_text(text) == wanted == canonical_text(Plaintext.of(text))


@given(pages())
def test_any_page_of_json(text: bytes) -> None:
    hold_equal(text)


@given(pages(), BREAKS, st.integers(1, 3))
def test_any_page_that_a_hand_has_changed(text: bytes, change: tuple[str, str], times: int) -> None:
    hold_equal(text.decode().replace(*change, times).encode())


@given(pages(), st.integers(min_value=0), st.binary(max_size=1))
def test_any_page_with_another_byte(text: bytes, place: int, byte: bytes) -> None:
    place %= len(text)
    hold_equal(text[:place] + byte + text[place + 1 :])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("member", [None, "rows", "", "数据"])
def test_a_usual_page_is_laid_out_whatever_its_order_and_nulls(
    member: str | None, style: tuple[str, str]
) -> None:
    rows = [
        {"b": "1", "a": None, "10": "é测"},
        {"b": "", "a": "x", "10": None},
        dict.fromkeys(("b", "a", "10")),
    ]
    page = rows if member is None else {member: rows}
    text = json.dumps(page, ensure_ascii=False, separators=style).encode()
    layout = layout_of(text)
    assert layout is not None
    assert (layout.member, layout.names) == (member, ("b", "a", "10"))
    array = '[{"10":"é测","b":"1"},{"a":"x","b":""},{}]'
    assert layout.canonical().decode() == (array if member is None else f'{{"{member}":{array}}}')
    hold_equal(text)


def test_a_page_in_canonical_form_is_not_written_again() -> None:
    text = b'{"rows":[{"a":"1","b":"2"},{"a":"","b":"3"}]}'
    layout = layout_of(text)
    assert layout is not None
    assert layout.canonical() is text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b'{"rows":[]}',
        b'{"rows":[{}]}',
        b'{"rows": [{"a":"1"}]}',
        b'{"rows":[{"a":"1"}]',
        b'{"rows":[{"a":"1"}]}}',
        b'{"rows":[{"a":"1"}],"rows":[]}',
        b'{"rows":[{"a":"1"}],"total":"1"}',
        b'{"rows":{"a":"1"}}',
        b'{"a":"1"}',
        b'{"rows":[{"a":"1","a":"2"}]}',
        b'{"rows":[{"a":"1"},{"a":"1","a":"2"}]}',
        b'{"ro\xffws":[{"a":"1"}]}',
        b'{"ro\\u0077s":[{"a":"1"}]}',
        b'{"ro\nws":[{"a":"1"}]}',
        b'[{"a":"1"}]}',
        b'[{"a":"1"},{"a":nul',
        b'[{"a":"1"},{"a":"',
    ],
)
def test_any_other_text_is_left_to_the_strict_reader(text: bytes) -> None:
    assert layout_of(text) is None
    hold_equal(text)
