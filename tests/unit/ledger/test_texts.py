import pytest

from gateway.errors import RequestError
from gateway.sync.texts import LONGEST, checked, holds_id_number, is_writable


@pytest.mark.parametrize(
    "text",
    [
        "990101195001010017",
        "is 99010119500101001X, seen",
        "９９０１０１１９５００１０１００１７",
        "990101 19500101 0017",
        "990101500101001",
        "990101 500101 001",
        "号990101195001010017号",
        "card 6222021234567890123",
    ],
)
def test_what_looks_like_an_id_number_is_not_kept(text: str) -> None:
    assert holds_id_number(text)
    with pytest.raises(RequestError) as told:
        checked("the note", text)
    assert text not in str(told.value)


@pytest.mark.parametrize(
    "text",
    ["seen on 2026-10-01", "2026-10-01 2026-10-15", "call 13800000000", "document 湘人社2026 10 01", ""],
)
def test_days_and_telephone_numbers_are_no_id_numbers(text: str) -> None:
    assert not holds_id_number(text)


def test_a_text_is_kept_without_the_space_around_it() -> None:
    assert checked("the note", "  seen at home ") == "seen at home"


@pytest.mark.parametrize(("text", "why"), [(" ", "missing"), ("x" * (LONGEST + 1), "longer")])
def test_a_text_that_cannot_be_kept_is_named(text: str, why: str) -> None:
    with pytest.raises(RequestError, match=f"the note is {why}"):
        checked("the note", text)


@pytest.mark.parametrize("text", ["a\ud800", "\udcff", "a\x00b", "\x1b[31mred", "a\x7f"])
def test_what_no_file_or_terminal_can_hold_is_not_kept(text: str) -> None:
    assert not is_writable(text)
    with pytest.raises(RequestError, match="the note holds a control character or half a character"):
        checked("the note", text)


def test_lines_tabs_and_every_script_can_be_written() -> None:
    assert checked("the note", "本人在家\n\tseen, 𠮷") == "本人在家\n\tseen, 𠮷"
