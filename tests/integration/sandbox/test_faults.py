import pytest

from gateway.sandbox.faults import REFRESH, FaultKind, Faults


def kinds(faults: Faults, dataset: str, calls: int) -> list[FaultKind | None]:
    return [fault.kind if (fault := faults.take(dataset)) else None for _ in range(calls)]


def test_a_fault_strikes_as_often_as_it_was_told_and_no_more() -> None:
    faults = Faults()
    faults.add("slow", "detentions", times=2)
    assert kinds(faults, "declarations", 1) == [None]
    assert kinds(faults, "detentions", 3) == [FaultKind.SLOW, FaultKind.SLOW, None]


def test_a_fault_can_wait() -> None:
    faults = Faults()
    faults.add(FaultKind.CUT_BODY, after=2)
    assert kinds(faults, "detentions", 4) == [None, None, FaultKind.CUT_BODY, None]


def test_a_lasting_fault_ends_when_everything_is_mended() -> None:
    faults = Faults()
    faults.add(FaultKind.REFUSED, times=None)
    assert set(kinds(faults, "detentions", 5)) == {FaultKind.REFUSED}
    faults.clear()
    assert faults.take("detentions") is None


def test_everywhere_does_not_include_the_refresh() -> None:
    faults = Faults()
    faults.add(FaultKind.SERVER_ERROR)
    assert faults.take(REFRESH) is None
    faults.add(FaultKind.SERVER_ERROR, REFRESH)
    assert faults.take(REFRESH) is not None


def test_a_fault_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="flood"):
        Faults().add("flood")
