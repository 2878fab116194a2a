import pytest

from gateway.delivery.pace import LEAST_SHARE, Pace


def test_an_endpoint_that_asks_for_mercy_gets_half_and_recovers_within_a_minute() -> None:
    slowed = Pace(16).slowed(100.0, began_at=99.0)
    assert slowed.width(100.0) == 8
    assert slowed.width(115.0) == 12
    assert slowed.width(130.0) == 16


def test_attempts_of_one_moment_slow_it_once() -> None:
    slowed = Pace(16).slowed(100.0, began_at=99.0).slowed(100.5, began_at=99.5)
    assert slowed.width(100.5) == 8
    assert slowed.slowed(101.0, began_at=100.6).width(101.0) == 4


def test_it_is_never_slowed_to_a_halt() -> None:
    pace = Pace(4)
    for _ in range(20):
        pace = pace.slowed(100.0, began_at=100.0)
    assert pace.share_at(100.0) == LEAST_SHARE
    assert pace.width(100.0) == 1
    assert pace.begun(100.0).next_at - 100.0 == pytest.approx(1.0)


def test_a_rate_spreads_the_attempts() -> None:
    pace = Pace(4, rate=10.0)
    times = []
    for _ in range(3):
        times.append(max(50.0, pace.next_at))
        pace = pace.begun(50.0)
    assert times == pytest.approx([50.0, 50.1, 50.2])


def test_without_a_rate_nothing_is_held_back() -> None:
    assert Pace(4).begun(50.0).next_at == 0.0


def test_nothing_leaves_for_as_long_as_the_endpoint_asked() -> None:
    assert Pace(4).slowed(100.0, began_at=99.0, hold_s=30.0).next_at == 130.0
