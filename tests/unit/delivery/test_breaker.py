from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.breaker import Breaker


def after_failures(count: int, breaker: Breaker | None = None, now: float = 100.0) -> Breaker:
    found = breaker or Breaker(limit=3)
    for _ in range(count):
        found = found.failed(now)
    return found


def test_it_opens_at_so_many_failures_in_a_row_and_not_before() -> None:
    assert after_failures(2).free_at(100.0) == 100.0
    assert after_failures(3).free_at(100.0) == 110.0
    assert after_failures(2, after_failures(2).succeeded()).free_at(100.0) == 100.0


def test_one_probe_goes_when_its_time_is_over_and_the_rest_wait_for_it() -> None:
    opened = after_failures(3)
    assert opened.free_at(111.0) == 111.0
    probing = opened.begun()
    assert probing.free_at(111.0) is None
    assert probing.succeeded().free_at(111.0) == 111.0


def test_each_failed_probe_doubles_the_wait_up_to_five_minutes() -> None:
    breaker, now, waits = after_failures(3), 100.0, []
    for _ in range(7):
        free = breaker.free_at(now)
        assert free is not None
        waits.append(free - now)
        now = free
        breaker = breaker.begun().failed(now)
    assert waits == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]


def test_what_was_under_way_when_it_opened_opens_it_no_further() -> None:
    opened = after_failures(3)
    assert opened.failed(105.0) == opened


def test_a_probe_without_an_outcome_lets_another_go() -> None:
    probing = after_failures(3).begun()
    assert probing.given_up().free_at(120.0) == 120.0


@given(st.lists(st.sampled_from(["begin", "succeed", "fail", "give up"]), max_size=60))
def test_whatever_happens_an_endpoint_without_a_probe_is_free_within_five_minutes(steps: list[str]) -> None:
    breaker, now = Breaker(limit=2), 0.0
    for step in steps:
        now += 1.0
        match step:
            case "begin":
                breaker = breaker.begun()
            case "succeed":
                breaker = breaker.succeeded()
            case "fail":
                breaker = breaker.failed(now)
            case _:
                breaker = breaker.given_up()
        free = breaker.free_at(now)
        assert free is None or now <= free <= now + 300.0
        assert (free is None) == breaker.probing
