import copy
import json
import pickle
import traceback
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.identity import IdNumber, Keyer, PersonName, check_digit, framed, in_bytes
from tests.support.openssl import blake2b_mac, hmac_sm3
from tests.unit.core.people import ID, NAME, check_character, id_number

FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
KEY = bytes(range(32))
BIRTHS = st.dates(min_value=date(1880, 1, 1), max_value=date(2030, 12, 31))
few = settings(max_examples=40)
numbers = st.builds(id_number, BIRTHS, st.integers(0, 999), st.integers(0, 999_999).map("{:06}".format))


def with_body(body: str) -> str:
    return body + check_character(body)


def length_framed(purpose: bytes, *texts: str) -> bytes:
    """The message of a keyed hash, put together a second time."""
    return purpose + b"".join(len(t.encode()).to_bytes(4, "big") + t.encode() for t in texts)


@few
@given(numbers)
def test_every_sound_number_is_read_and_any_other_last_character_is_not(number: str) -> None:
    assert IdNumber.parse(number).reveal() == number
    assert check_digit(number[:-1]) == number[-1]
    for wrong in set("0123456789X") - {number[-1]}:
        with pytest.raises(ValueError, match=r"\Aid_check_digit\Z"):
            IdNumber.parse(number[:-1] + wrong)


@few
@given(numbers, st.sampled_from([str.lower, lambda text: text.translate(FULL_WIDTH)]), st.integers(0, 18))
def test_every_spelling_is_the_same_number(number: str, spell: Callable[[str], str], gap: int) -> None:
    spelled = spell(number[:gap]) + "　 " + spell(number[gap:]) + "\t"
    assert IdNumber.parse(spelled) == IdNumber.parse(number)


@few
@given(st.builds(id_number, st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999)))
def test_fifteen_digits_are_upgraded(number: str) -> None:
    assert IdNumber.parse(number[:6] + number[8:17]).reveal() == number


def test_the_published_example_of_the_standard() -> None:
    # GB 11643-1999 itself shows this number; the region is real, the person is the standard's example
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


@pytest.mark.parametrize(
    "birth", ["19410229", "19000229", "19411301", "19410001", "19410100", "19410132", "00000101"]
)
def test_an_impossible_birth_date_is_refused(birth: str) -> None:
    with pytest.raises(ValueError, match=r"\Aid_birth_date\Z"):
        IdNumber.parse(with_body(f"990101{birth}001"))


def test_an_impossible_birth_date_of_fifteen_digits_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\Aid_birth_date\Z"):
        IdNumber.parse("990101" + "410230" + "001")


@pytest.mark.parametrize("region", ["990101", "000000", "999999"])
def test_a_county_that_no_list_has_is_kept(region: str) -> None:
    assert IdNumber.parse(id_number(region=region)).reveal().startswith(region)


@pytest.mark.parametrize(
    "text",
    ["", "X", ID[:-1], ID + "0", ID[:14], "X" + ID[1:], ID[:17] + "Y", "A12345678", "\ud800" * 18],
)
def test_anything_else_has_not_the_form_of_a_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"\Aid_form\Z"):
        IdNumber.parse(text)


@few
@given(st.text(max_size=25))
def test_any_text_is_a_number_or_names_a_rule(text: str) -> None:
    try:
        assert len(IdNumber.parse(text).reveal()) == 18
    except ValueError as error:
        assert str(error) in {"id_form", "id_birth_date", "id_check_digit"}  # noqa: PT017 - both ends are allowed


SECRETS = [
    pytest.param(IdNumber.parse(ID), ID, id="number"),
    pytest.param(PersonName.parse(NAME), NAME, id="name"),
]


@pytest.mark.parametrize(("value", "secret"), SECRETS)
@pytest.mark.parametrize(
    "show",
    [str, repr, "{}".format, "{!r}".format, "{0!s:}".format, lambda v: f"{v}", lambda v: "%s %r" % (v, v)],  # noqa: UP031 - logging still formats so
)
def test_every_way_of_printing_masks(value: Any, secret: str, show: Callable[[Any], str]) -> None:
    shown = show(value)
    assert "***" in shown
    assert not any(secret[at : at + 3] in shown for at in range(len(secret) - 2))


@pytest.mark.parametrize(("value", "secret"), SECRETS)
def test_in_containers_and_tracebacks_it_is_masked_too(value: Any, secret: str) -> None:
    shown = "".join(traceback.format_exception(ValueError([value], {"who": value})))
    assert "***" in shown
    assert secret not in shown


@pytest.mark.parametrize(("value", "secret"), SECRETS)
@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_it_does_not_leave_its_process(value: Any, secret: str, leave: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as caught:
        leave(value)
    assert secret not in str(caught.value)


@pytest.mark.parametrize(("value", "_"), SECRETS)
def test_it_has_no_attribute_that_a_dump_would_find(value: Any, _: str) -> None:
    with pytest.raises(TypeError):
        vars(value)
    with pytest.raises(AttributeError):
        value.text = "x"


def test_equal_values_are_equal_and_kinds_are_kept_apart() -> None:
    assert IdNumber.parse(ID) == IdNumber.parse(ID.lower())
    assert len({IdNumber.parse(ID), IdNumber.parse(ID)}) == 1
    assert PersonName(ID) != IdNumber(ID)
    assert IdNumber(ID) != ID


DOTS = ["·", "•", "‧", "∙", "⋅", "・", "･", ".", "．", "᛫", "⸱", "\u0387", "\u2024", "\ufe52"]


@pytest.mark.parametrize("dot", DOTS, ids=unicodedata.name)
def test_every_middle_dot_is_the_same(dot: str) -> None:
    assert PersonName.parse(NAME.replace("·", dot)) == PersonName.parse(NAME)


@pytest.mark.parametrize(
    "spelled", [" 艾山 · 吐尔逊 ", "艾山·吐\u3000尔逊", "艾山\u00a0·\t吐尔逊\n", "艾山・吐尔逊"]
)
def test_spaces_in_a_name_say_nothing(spelled: str) -> None:
    assert PersonName.parse(spelled) == PersonName.parse(NAME)


def test_full_width_and_compatibility_characters_are_the_plain_ones() -> None:
    assert PersonName.parse("ＬＩ\u3000Ｍing") == PersonName.parse("LIMing")
    assert PersonName.parse("\uf9cd某") == PersonName.parse(unicodedata.normalize("NFKC", "\uf9cd某"))
    assert PersonName.parse(NAME) != PersonName.parse(NAME.replace("·", ""))


@few
@given(st.text())
def test_a_name_is_normalised_once_and_for_all(text: str) -> None:
    try:
        name = PersonName.parse(text)
    except ValueError as error:
        assert str(error) == "name_empty"  # noqa: PT017 - both ends are allowed
        return
    assert PersonName.parse(name.reveal()) == name


def test_a_keyed_hash_is_hmac_sm3_over_purpose_and_framed_texts() -> None:
    keyer = Keyer(KEY)

    def expected(purpose: bytes, *texts: str) -> bytes:
        return hmac_sm3(KEY, length_framed(purpose, *texts))

    def int64(digest: bytes) -> int:
        return int.from_bytes(digest[:8], "big", signed=True)

    assert keyer.person(IdNumber.parse(ID)) == int64(expected(b"person", ID))
    assert keyer.name(PersonName.parse(NAME)) == int64(expected(b"name", NAME))
    assert keyer.row("detentions", "A-1") == expected(b"row", "detentions", "A-1")[:16]
    assert keyer.certificate("430-7") == expected(b"certificate", "430-7")[:16]
    assert keyer.character(2, "三") == int.from_bytes(expected(b"character", "2", "三")[:2], "big")


def test_the_content_of_a_row_is_a_blake2b_under_a_key_of_its_own() -> None:
    own_key = hmac_sm3(KEY, b"content")
    mac = blake2b_mac(own_key, f"2:XM{len(NAME)}:{NAME}0:".encode(), size=8)
    assert Keyer(KEY).content(["XM", NAME, ""]) == int.from_bytes(mac, "big", signed=True)


@few
@given(st.lists(st.text(max_size=300), max_size=12))
def test_many_values_at_once_are_hashed_as_one_after_the_other(texts: list[str]) -> None:
    keyer, one = Keyer(KEY), Keyer(KEY)
    many = list(map(in_bytes, texts))
    assert keyer.persons(many).tolist() == [one.person(IdNumber(text)) for text in texts]
    assert keyer.names(many).tolist() == [one.name(PersonName(text)) for text in texts]
    assert keyer.rows("detentions", many) == [one.row("detentions", text) for text in texts]
    assert keyer.certificates(many) == [one.certificate(text) for text in texts]
    rows = [texts[:cut] for cut in range(len(texts))]
    assert keyer.contents([in_bytes(framed(row)) for row in rows]).tolist() == [
        one.content(row) for row in rows
    ]


def test_lengths_without_end_are_hashed_right_and_not_all_remembered() -> None:
    keyer = Keyer(KEY)
    texts = ["x" * length for length in range(600)]
    found = keyer.names(list(map(in_bytes, texts))).tolist()
    assert found[599] == Keyer(KEY).name(PersonName("x" * 599))
    assert len(set(found)) == 600
    assert len(keyer._names) == 256


def test_half_a_character_has_a_key_too() -> None:
    keyer = Keyer(KEY)
    assert len(set(keyer.names(list(map(in_bytes, ["\ud800", "\udc00", ""]))).tolist())) == 3
    assert keyer.content(["\ud800"]) != keyer.content(["\udc00"])


@few
@given(
    st.lists(st.text("0123:a", max_size=4), max_size=4), st.lists(st.text("0123:a", max_size=4), max_size=4)
)
def test_framed_values_can_be_told_again(left: list[str], right: list[str]) -> None:
    assert (framed(left) == framed(right)) == (left == right)


@few
@given(st.text(), st.text())
def test_keyed_hashes_are_the_same_for_the_same_and_differ_for_any_other(left: str, right: str) -> None:
    one, same, other = Keyer(KEY), Keyer(KEY), Keyer(KEY[::-1])
    assert one.row("a", left) == same.row("a", left)
    assert one.row("a", left) != other.row("a", left)
    assert (one.row("a", left) == one.row("a", right)) == (left == right)
    assert one.row("a", left + right) != one.row("a" + left, right) or not left
    assert len({one.row("a", left), one.certificate(left), one.row("b", left)}) == 3
    assert one.content([left, right]) != one.content([left + right])


def test_a_number_and_a_name_of_the_same_text_have_different_keys() -> None:
    keyer = Keyer(KEY)
    assert int(keyer.person(IdNumber(ID))) != int(keyer.name(PersonName(ID)))


def test_a_certificate_number_is_the_same_however_it_is_spelled() -> None:
    keyer = Keyer(KEY)
    assert len({keyer.certificate(text) for text in ("sw-01a", " SW-01A", "ＳＷ－０１Ａ", "SW -01A")}) == 1
    assert keyer.certificate("SW-01A") != keyer.certificate("SW-01B")


def test_a_keyer_keeps_its_key_to_itself() -> None:
    keyer = Keyer(KEY)
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(keyer)
    shown = repr(keyer) + str(vars(keyer))
    assert KEY.hex() not in shown
    assert repr(KEY) not in shown
