"""Whatever happens, each benefit's events leave in order, one at a time, and none is left behind."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.delivery.lanes import Lanes, Waiting

SUBJECTS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5)


def drained(lanes: Lanes) -> list[str]:
    """The subjects of everything that leaves when everything succeeds, in order."""
    found: list[str] = []
    while (row := lanes.take(1e9)) is not None:
        found.extend(row.subjects)
        lanes.done(row)
    return found


class LanesMachine(RuleBasedStateMachine):
    """An independent account of every event: where it stands, and what of its benefit went before."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = Lanes()
        self.now = 1.0
        self.next_sequence = 1
        self.next_id = 1
        self.expected: dict[str, list[int]] = defaultdict(list)
        self.under_way: list[Waiting] = []
        self.to_split: list[Waiting] = []
        self.failing: set[str] = set()

    def row(self, subjects: list[str], sequences: list[int], due: float = 0.0) -> Waiting:
        self.next_id += 1
        return Waiting(self.next_id, tuple(sequences), tuple(subjects), due=due)

    @rule(subjects=SUBJECTS, delay=st.sampled_from([0.0, 0.0, 3.0]))
    def add(self, subjects: list[str], delay: float) -> None:
        sequences = list(range(self.next_sequence, self.next_sequence + len(subjects)))
        self.next_sequence += len(subjects)
        for subject, sequence in zip(subjects, sequences, strict=True):
            self.expected[subject].append(sequence)
        self.lanes.add(self.row(subjects, sequences, self.now + delay if delay else 0.0))

    @rule()
    def take(self) -> None:
        row = self.lanes.take(self.now)
        if row is None:
            return
        assert row.due <= self.now, "before its time"
        for other in self.under_way:
            assert not set(other.subjects) & set(row.subjects), "two of one benefit are under way"
        for subject in set(row.subjects):
            own = [n for n, s in zip(row.sequences, row.subjects, strict=True) if s == subject]
            assert self.expected[subject][: len(own)] == own, "overtook one of its benefit"
        self.under_way.append(row)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        row = self.pick(data)
        for sequence, subject in zip(row.sequences, row.subjects, strict=True):
            self.expected[subject].remove(sequence)
            self.failing.discard(subject)
        self.lanes.done(row)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), delay=st.sampled_from([0.5, 2.0, 50.0]))
    def fail(self, data: st.DataObject, delay: float) -> None:
        row = self.pick(data)
        if len(row.subjects) == 1:
            self.failing.update(row.subjects)
        self.lanes.again(row, self.now + delay)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        self.lanes.put_back(self.pick(data))

    @precondition(lambda self: any(len(row.subjects) > 1 for row in self.under_way))
    @rule(data=st.data(), delay=st.sampled_from([0.0, 5.0]))
    def split_failed(self, data: st.DataObject, delay: float) -> None:
        batches = [row for row in self.under_way if len(row.subjects) > 1]
        batch = data.draw(st.sampled_from(batches))
        self.under_way.remove(batch)
        self.split(batch, self.now + delay if delay else 0.0)

    @rule()
    def begin_to_split_held_up(self) -> None:
        found = self.lanes.held_up()
        assert all(len(row.subjects) > 1 for row in found)
        self.to_split.extend(found)

    @precondition(lambda self: self.to_split)
    @rule()
    def split_held_up(self) -> None:
        self.split(self.to_split.pop(0), 0.0)

    @rule()
    def time_passes(self) -> None:
        self.now += 1.0

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.lanes.events == sum(len(left) for left in self.expected.values())
        assert self.lanes.taken == len(self.under_way) + len(self.to_split)

    def teardown(self) -> None:
        while self.under_way or self.to_split or self.lanes.events:
            self.now += 100.0
            self.begin_to_split_held_up()
            while self.to_split:
                self.split_held_up()
            before = self.lanes.events
            self.take()
            assert self.under_way, f"{before} events can never leave"
            row = self.under_way.pop()
            for sequence, subject in zip(row.sequences, row.subjects, strict=True):
                self.expected[subject].remove(sequence)
            self.lanes.done(row)

    def pick(self, data: st.DataObject) -> Waiting:
        row: Waiting = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(row)
        return row

    def split(self, batch: Waiting, due: float) -> None:
        pairs = zip(batch.sequences, batch.subjects, strict=True)
        self.lanes.split(batch, [self.row([subject], [sequence], due) for sequence, subject in pairs])


class TestLanes(LanesMachine.TestCase):  # type: ignore[misc,valid-type] # hypothesis makes it as it runs
    settings: Any = settings(max_examples=150, stateful_step_count=30)


def single(number: int, subject: str) -> Waiting:
    return Waiting(number, (number,), (subject,))


def test_a_failing_delivery_holds_back_only_its_benefit() -> None:
    lanes = Lanes()
    for number, subject in enumerate("aabcb"):
        lanes.add(single(number, subject))
    first = lanes.take(0.0)
    assert first is not None
    lanes.again(first, due=60.0)
    assert drained_until(lanes, 59.0) == ["b", "c", "b"]
    assert drained(lanes) == ["a", "a"]


def drained_until(lanes: Lanes, now: float) -> list[str]:
    found: list[str] = []
    while (row := lanes.take(now)) is not None:
        found.extend(row.subjects)
        lanes.done(row)
    return found


def test_a_batch_behind_a_failing_benefit_is_split_so_that_the_others_go_on() -> None:
    lanes = Lanes()
    lanes.add(single(1, "a"))
    batch = Waiting(2, (2, 3, 4), ("b", "a", "c"))
    lanes.add(batch)
    first = lanes.take(0.0)
    assert first is not None
    lanes.again(first, due=60.0)
    assert lanes.held_up() == [batch]
    lanes.split(batch, [single(12, "b"), single(13, "a"), single(14, "c")])
    assert drained_until(lanes, 59.0) == ["b", "c"]
    assert drained(lanes) == ["a", "a"]


def test_a_batch_behind_a_batch_waits_and_is_not_split() -> None:
    lanes = Lanes()
    lanes.add(Waiting(1, (1, 2), ("a", "b")))
    lanes.add(Waiting(2, (3, 4), ("b", "c")))
    first = lanes.take(0.0)
    assert first is not None
    assert lanes.take(0.0) is None
    lanes.again(first, due=60.0)
    assert lanes.held_up() == []
    assert drained(lanes) == ["a", "b", "b", "c"]


def test_what_was_not_taken_cannot_be_settled() -> None:
    row = single(1, "a")
    lanes = Lanes()
    lanes.add(row)
    with pytest.raises(ValueError, match="taken"):
        lanes.done(row)
