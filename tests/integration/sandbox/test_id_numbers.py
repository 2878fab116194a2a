from datetime import date
from random import Random

import pytest

from gateway.sandbox.id_numbers import (
    COUNTIES,
    IdNumbers,
    as_typed,
    check_digit,
    is_valid,
    short_form,
    with_bad_check_digit,
)


@pytest.mark.parametrize(("first17", "check"), [("11010519491231002", "X"), ("44052418800101001", "4")])
def test_the_check_digit_is_that_of_the_standards_own_examples(first17: str, check: str) -> None:
    assert check_digit(first17) == check


def test_numbers_are_valid_different_and_of_no_county() -> None:
    rng, ids = Random(1), IdNumbers()  # noqa: S311 - reproducible, not secret
    made = [ids.new(rng, COUNTIES[0], date(1950, 2, 28), male=place % 2 == 0) for place in range(400)]
    assert all(is_valid(number) and number.startswith("99") for number in made)
    assert len(set(made)) == len(made)
    assert all(int(number[16]) % 2 == (place % 2 == 0) for place, number in enumerate(made))


def test_a_bad_check_digit_is_bad() -> None:
    number = "99010119500228" + "001"
    assert not is_valid(with_bad_check_digit(number + check_digit(number)))


def test_the_short_form_grows_back_to_the_number() -> None:
    first17 = "99010119500228001"
    short = short_form(first17 + check_digit(first17))
    assert len(short) == 15
    assert short[:6] + "19" + short[6:] == first17


def test_a_number_is_typed_in_several_ways_that_mean_the_same() -> None:
    first17 = next(text for seq in range(99) if check_digit(text := f"990101195002280{seq:02d}") == "X")
    rng = Random(2)  # noqa: S311 - reproducible, not secret
    typed = {as_typed(rng, first17 + "X") for _ in range(40)}
    assert len(typed) == 4
    folded = {text.translate(str.maketrans("０１２３４５６７８９Ｘ", "0123456789X")) for text in typed}
    assert {text.replace(" ", "").upper() for text in folded} == {first17 + "X"}
