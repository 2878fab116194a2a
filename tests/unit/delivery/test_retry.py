from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.retry import asked_delay, delay_after

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR = 60.0, 3600.0


@pytest.mark.parametrize(
    ("attempts", "delay"),
    [
        (1, 5.0),
        (2, 5 * MINUTE),
        (3, 30 * MINUTE),
        (4, 2 * HOUR),
        (5, 5 * HOUR),
        (6, 10 * HOUR),
        (7, 14 * HOUR),
        (8, 20 * HOUR),
        (9, 24 * HOUR),
    ],
)
def test_each_attempt_waits_as_standard_webhooks_proposes_give_or_take_a_fifth(
    attempts: int, delay: float
) -> None:
    assert delay_after(attempts, 0.5) == pytest.approx(delay)
    assert delay_after(attempts, 0.0) == pytest.approx(0.8 * delay)
    assert delay_after(attempts, 1.0) == pytest.approx(1.2 * delay)


def test_the_tenth_attempt_is_the_last() -> None:
    assert delay_after(10, 0.5) is None
    assert delay_after(10, 0.5, asked_s=1.0) is None


@given(st.integers(1, 9), st.floats(0, 1), st.floats(0, 1e9))
def test_retry_after_lengthens_the_wait_up_to_a_day_and_never_shortens_it(
    attempts: int, chance: float, asked: float
) -> None:
    own, found = delay_after(attempts, chance), delay_after(attempts, chance, asked)
    assert own is not None
    assert found == max(own, min(asked, 24 * HOUR))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Thu, 01 Oct 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Oct 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", 999_999_999.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nothing_else(header: str | None, seconds: float | None) -> None:
    assert asked_delay(header, NOW) == seconds
