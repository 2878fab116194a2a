"""The checker finds every kind of fault that is planted, and none where there is none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.torture.checker import Kind, verdict
from tests.torture.facts import Broken, History, Reached, Recorder, Stored, Subscriber

RENEWED, SUSPECTED = "certification.renewed", "eligibility.suspected"


def stored(sequence: int, subject: str, kind: str = RENEWED) -> Stored:
    return Stored(sequence, f"e{sequence}", kind, subject, f"body {sequence}".encode())


OUTBOX = (
    stored(1, "B1"),
    stored(2, "B2"),
    stored(3, "B1", SUSPECTED),
    stored(4, "B2"),
    stored(5, "B1"),
)
PULLING = Subscriber("pulling", "pull")
HOOK = Subscriber("hook", "webhook", lanes=True)


class Telling(Recorder):
    """Facts told in short: numbers that came, in order."""

    def came(self, subscriber: Subscriber, *numbers: int, taken: bool = True) -> list[int]:
        return [
            self.receive(subscriber.name, f"e{number}", f"body {number}".encode(), taken=taken)
            for number in numbers
        ]

    def came_together(self, subscriber: Subscriber, *numbers: int, taken: bool = True) -> None:
        at = self.tick()
        for number in numbers:
            self.receive(subscriber.name, f"e{number}", f"body {number}".encode(), taken=taken, at=at)

    def came_and_acked(self, subscriber: Subscriber, *numbers: int, durable: bool) -> None:
        for number in numbers:
            (since,) = self.came(subscriber, number)
            self.ack(subscriber.name, f"e{number}", since, durable=durable)

    def found(self, *subscribers: Subscriber) -> list[tuple[Kind, str, int]]:
        return found(self.history(OUTBOX, subscribers))


def found(history: History) -> list[tuple[Kind, str, int]]:
    return [(each.kind, each.subscriber, each.sequence) for each in verdict(history).findings]


def test_everything_once_and_in_order_is_no_fault() -> None:
    told = Telling()
    told.came_and_acked(PULLING, 1, 2, 3, 4, 5, durable=True)
    told.came_and_acked(HOOK, 2, 1, 4, 3, 5, durable=False)
    assert told.found(PULLING, HOOK) == []
    assert verdict(told.history(OUTBOX, [PULLING, HOOK])).delivered == 10


def test_what_never_came_is_lost_to_whom_it_did_not_come() -> None:
    told = Telling()
    told.came(PULLING, 1, 2, 3, 4)
    told.came(HOOK, 1, 2, 3, 4, 5)
    assert told.found(PULLING, HOOK) == [(Kind.LOST, "pulling", 5)]


def test_what_was_only_ever_refused_is_lost() -> None:
    told = Telling()
    told.came(HOOK, 1, 2, 3, 4)
    told.came(HOOK, 5, 5, taken=False)
    assert told.found(HOOK) == [(Kind.LOST, "hook", 5)]


def test_a_hole_in_the_middle_is_lost_and_what_came_behind_it_out_of_order() -> None:
    told = Telling()
    told.came(PULLING, 1, 2, 4, 5)
    assert told.found(PULLING) == [(Kind.LOST, "pulling", 3), (Kind.OUT_OF_ORDER, "pulling", 5)]


def test_two_events_of_a_benefit_in_the_wrong_order_are_found() -> None:
    told = Telling()
    told.came(PULLING, 1, 3, 4, 2, 5)
    assert told.found(PULLING) == [(Kind.OUT_OF_ORDER, "pulling", 4)]


def test_an_event_that_is_sent_while_the_one_before_it_is_refused_is_out_of_order() -> None:
    told = Telling()
    told.came(HOOK, 1, taken=False)
    told.came(HOOK, 3, 1, 5, 2, 4)
    assert told.found(HOOK) == [(Kind.OUT_OF_ORDER, "hook", 3), (Kind.OUT_OF_ORDER, "hook", 1)]


def test_a_refused_event_holds_back_its_own_benefit_only() -> None:
    told = Telling()
    told.came(HOOK, 1, taken=False)
    told.came(HOOK, 2, 4, 1, 3, 5)
    assert told.found(HOOK) == []


def test_who_pulls_may_go_back_over_what_it_did_not_ack_but_a_lane_never_goes_back() -> None:
    told = Telling()
    told.came(PULLING, 1, 2, 3, 1, 2, 3, 4, 5)
    told.came(HOOK, 1, 2, 3, 1, 4, 5)
    assert told.found(PULLING, HOOK) == [(Kind.OUT_OF_ORDER, "hook", 1)]


def test_a_lane_goes_back_where_a_break_lost_the_acks_of_what_left_meanwhile() -> None:
    told = Telling()
    told.came_and_acked(HOOK, 1, 2, 3, durable=False)
    told.break_off("killed", told.tick())
    told.came_and_acked(HOOK, 1, 3, 4, 5, durable=False)
    assert told.found(HOOK) == []


def test_a_batch_that_is_refused_may_come_again_whole_or_in_parts_but_in_order() -> None:
    told = Telling()
    told.came_together(HOOK, 1, 2, 3, taken=False)
    told.came_together(HOOK, 1, 2, 3)
    told.came(HOOK, 1, 2, 3, 4, 5)
    assert told.found(HOOK) == []


def test_a_batch_in_the_wrong_order_and_a_later_event_before_it_is_taken_are_found() -> None:
    told = Telling()
    told.came_together(HOOK, 2, 3, 1)
    told.came_together(HOOK, 4, 5)
    assert told.found(HOOK) == [(Kind.OUT_OF_ORDER, "hook", 3)]
    told = Telling()
    told.came_together(HOOK, 1, 2, 3, taken=False)
    told.came(HOOK, 5, 1, 2, 3, 4)
    assert (Kind.OUT_OF_ORDER, "hook", 5) in told.found(HOOK)


def test_what_comes_again_after_a_kept_ack_is_a_duplicate_whatever_broke() -> None:
    told = Telling()
    told.came_and_acked(PULLING, 1, 2, 3, 4, 5, durable=True)
    told.break_off("killed", told.tick())
    told.came(PULLING, 5)
    assert told.found(PULLING) == [(Kind.DUPLICATED, "pulling", 5)]


def test_what_comes_again_after_a_2xx_is_a_duplicate_unless_something_broke_between() -> None:
    told = Telling()
    told.came_and_acked(HOOK, 1, 2, 3, 4, 5, durable=False)
    told.came(HOOK, 5)
    history = told.history(OUTBOX, [HOOK])
    assert found(history) == [(Kind.DUPLICATED, "hook", 5)]
    killed = replace(history, broken=(Broken(history.acked[-1].at, history.acked[-1].at, "killed"),))
    assert found(killed) == []
    assert verdict(killed).unavoidable == 1


@pytest.mark.parametrize(("since", "until"), [(0, 8), (1000, 1001)])
def test_a_break_before_the_event_or_after_its_repeat_excuses_nothing(since: int, until: int) -> None:
    told = Telling()
    told.came_and_acked(HOOK, 1, 2, 3, 4, 5, durable=False)
    told.came(HOOK, 5)
    history = replace(told.history(OUTBOX, [HOOK]), broken=(Broken(since, until, "killed"),))
    assert found(history) == [(Kind.DUPLICATED, "hook", 5)]


def test_what_was_committed_before_a_break_is_not_excused_by_it_nor_by_the_break_of_another() -> None:
    told = Telling()
    told.came_and_acked(HOOK, 1, 2, 3, 4, 5, durable=False)
    told.commit(HOOK.name, {"e4"})
    told.break_off("killed", told.tick())
    told.came(HOOK, 4, 5)
    assert told.found(HOOK) == [(Kind.DUPLICATED, "hook", 4)]
    told = Telling()
    told.came_and_acked(HOOK, 1, 2, 3, 4, 5, durable=False)
    told.break_off("receiver down", told.tick(), "another")
    told.came(HOOK, 5)
    assert told.found(HOOK) == [(Kind.DUPLICATED, "hook", 5)]


def test_what_was_never_acked_may_come_again() -> None:
    told = Telling()
    told.came(HOOK, 1, 1, 2, 3, 3, 4, 5)
    assert told.found(HOOK) == []


def test_other_bytes_and_unknown_events_are_forged() -> None:
    told = Telling()
    told.came(PULLING, 1, 2, 3, 4, 5)
    told.receive(PULLING.name, "e6", b"body 6")
    told.receive(PULLING.name, "e5", b"body 5 ")
    assert told.found(PULLING) == [(Kind.FORGED, "pulling", 0), (Kind.FORGED, "pulling", 5)]


def test_an_event_that_is_held_or_was_not_asked_for_is_unwanted_and_not_missed() -> None:
    told, narrow = Telling(), replace(PULLING, types=frozenset({SUSPECTED}))
    told.came(narrow, 3, 4)
    assert told.found(narrow) == [(Kind.UNWANTED, "pulling", 4)]
    held = (*OUTBOX[:4], replace(OUTBOX[4], released=False))
    told = Telling()
    told.came(PULLING, 1, 2, 3, 4, 5)
    assert found(told.history(held, [PULLING])) == [(Kind.UNWANTED, "pulling", 5)]


def test_a_missing_number_of_the_outbox_is_a_gap() -> None:
    history = History((OUTBOX[0], OUTBOX[2]), ())
    assert found(history) == [(Kind.GAP, "outbox", 3)]
    assert found(History((OUTBOX[0], replace(OUTBOX[1], sequence=1)), ())) == [(Kind.GAP, "outbox", 1)]


@pytest.mark.parametrize(
    ("reached", "kind"),
    [((4, "a"), Kind.LOST), ((6, "a"), Kind.DUPLICATED), ((5, "b"), Kind.FORGED)],
)
def test_a_sync_that_left_fewer_more_or_other_rows_is_found(reached: tuple[int, str], kind: Kind) -> None:
    parts = (Reached("evidence", (5, "a"), reached), Reached("refusals", (1, "c"), (1, "c")))
    assert found(History((), (), reached=parts)) == [(kind, "sync, evidence", 0)]


@given(st.permutations([1, 2, 3, 4, 5]), st.sampled_from([PULLING, HOOK]))
def test_exactly_the_orders_that_keep_each_benefit_are_in_order(
    order: list[int], subscriber: Subscriber
) -> None:
    told = Telling()
    told.came(subscriber, *order)
    kept = [n for n in order if n % 2] == [1, 3, 5] and [n for n in order if not n % 2] == [2, 4]
    assert (told.found(subscriber) == []) is kept


def test_what_came_again_as_the_gateway_gave_up_waiting_for_the_answer_is_no_fault() -> None:
    told = Telling()
    told.came_and_acked(HOOK, 2, 1, 4, 3, 5, durable=False)
    told.came_and_acked(HOOK, 1, 3, durable=False)
    assert told.found(HOOK) == [
        (Kind.OUT_OF_ORDER, "hook", 1),
        (Kind.OUT_OF_ORDER, "hook", 3),
        (Kind.DUPLICATED, "hook", 1),
        (Kind.DUPLICATED, "hook", 3),
    ]
    told.give_up("hook", ["e1"])
    assert told.found(HOOK) == [(Kind.OUT_OF_ORDER, "hook", 3), (Kind.DUPLICATED, "hook", 3)]
