"""Who and which are hashes when a page has been keyed, and nothing else of them is left."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from gateway.department import Dataset
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.interpret import RowReader
from gateway.intake.keying import NOTHING, Keyed, RowKeyer, identity_of
from gateway.roster.shapes import Shaper
from tests.unit.core.examples import LOADED_AT, RECEIVED_AT, happening, happenings, wedding, weddings
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME

KEYER = Keyer(b"an identity key of the tests")
PERSON = KEYER.person(IdNumber.parse(ID))
NAME_KEY = KEYER.name(PersonName.parse(NAME))

SHAPER = Shaper(KEYER)
MASKED = f"{NAME[0]}{'*' * (len(NAME) - 1)}"
OTHER_MASKED = f"{OTHER_NAME[0]}{'*' * (len(NAME) - 1)}"


class Known:
    """A key map with a few people."""

    def __init__(self, *people: tuple[str, int, str]) -> None:
        self._people = people

    def lookup(self, person_key: int) -> list[tuple[int, int]]:
        return [
            (roster_number, KEYER.name(PersonName.parse(name)))
            for number, roster_number, name in self._people
            if KEYER.person(IdNumber.parse(number)) == person_key
        ]

    def agrees(self, name_key: int, seen: int) -> bool:
        return any(
            KEYER.name(PersonName.parse(name)) == name_key and seen == SHAPER.seen(PersonName.parse(MASKED))
            for _, _, name in self._people
        )


ONE = Known((ID, 7, NAME))


def key(*rows: object, people: Known = ONE, dataset: Dataset = happenings) -> Keyed:
    reader, keyer, keyed = RowReader(dataset), RowKeyer("police", dataset, KEYER, people), Keyed()
    for raw in rows:
        keyer.take(keyed, reader.read(raw, RECEIVED_AT), raw, RECEIVED_AT)
    return keyed


def counts(keyed: Keyed) -> tuple[int, int, int, int, int]:
    return (keyed.received, keyed.accepted, keyed.refused, keyed.matched, keyed.strangers)


def test_a_row_about_somebody_on_the_roster_goes_on_under_a_number() -> None:
    keyed = key(happening())
    (row,) = keyed.rows
    assert counts(keyed) == (1, 1, 0, 1, 0)
    assert (row["person"], row["identity"], row["kind"], row["strength"]) == (
        7,
        "match",
        "health_check",
        "weak",
    )
    assert (row["department"], row["dataset"], row["item"]) == ("police", "happenings", 0)
    assert row["key_hash"] == KEYER.row("happenings", "H-1")
    assert (row["published_at"], row["received_at"]) == (LOADED_AT, RECEIVED_AT)
    assert "person_key" not in row
    assert keyed.evidence().num_rows == 1


def test_an_of_life_row_about_a_stranger_is_counted_and_leaves_only_its_version() -> None:
    keyed = key(happening(), people=Known())
    (row,) = keyed.rows
    assert counts(keyed) == (1, 1, 0, 0, 1)
    assert (row["kind"], row.get("person"), row.get("person_key"), row["basis"]) == (
        NOTHING,
        None,
        None,
        None,
    )
    assert row.get("happened_on") is None


@pytest.mark.parametrize(("code", "kind"), [("1", "death"), ("2", "custody"), ("4", "emigration")])
def test_adverse_rows_about_strangers_are_kept_as_keys(code: str, kind: str) -> None:
    keyed = key(happening(YY=code), people=Known())
    (row,) = keyed.rows
    assert counts(keyed) == (1, 1, 0, 0, 1)
    assert (row["kind"], row["person"], row["identity"]) == (kind, None, "unchecked")
    assert (row["person_key"], row["name_key"]) == (PERSON, NAME_KEY)


def test_adverse_rows_about_the_known_keep_their_keys_to_be_matched_again() -> None:
    (row,) = key(happening(YY="1")).rows
    assert (row["person"], row["person_key"], row["name_key"]) == (7, PERSON, NAME_KEY)


@pytest.mark.parametrize(
    ("name", "check", "identity"),
    [
        (NAME, "exact", "match"),
        (NAME.replace("·", "．"), "exact", "match"),
        (OTHER_NAME, "exact", "doubt"),
        (None, "exact", "unchecked"),
        (OTHER_NAME, "absent", "unchecked"),
    ],
)
def test_the_name_is_compared(name: str | None, check: Literal["exact", "absent"], identity: str) -> None:
    for code in "13":
        (row,) = key(happening(XM=name, YY=code), dataset=replace(happenings, name_check=check)).rows
        assert (row["person"], row["identity"]) == (7, identity)
        assert row.get("name_key") is None or check == "exact"


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        (MASKED, "match"),
        (OTHER_MASKED, "doubt"),
        (NAME, "match"),
        (OTHER_NAME, "doubt"),
        ("***", "unchecked"),
    ],
)
def test_of_a_masked_name_what_is_visible_is_compared(name: str, identity: str) -> None:
    masked = replace(happenings, name_check="masked")
    for code in "13":
        (row,) = key(happening(XM=name, YY=code), dataset=masked).rows
        assert (row["person"], row["identity"]) == (7, identity)


def test_of_an_adverse_row_with_a_masked_name_what_is_visible_is_kept_as_a_hash() -> None:
    masked = replace(happenings, name_check="masked")
    (row,) = key(happening(XM=MASKED, YY="1"), people=Known(), dataset=masked).rows
    assert (row["person_key"], row["name_key"]) == (PERSON, None)
    assert row["name_shape"] == SHAPER.seen(PersonName.parse(MASKED))
    assert key(happening(XM=MASKED, YY="1"), people=Known()).rows[0]["name_shape"] is None


def test_a_name_is_never_compared_with_none() -> None:
    assert identity_of(None, 0) == "unchecked"
    assert identity_of(0, 0) == "match"
    assert identity_of(5, 0) == "doubt"


def test_a_number_that_two_people_hold_gives_a_record_to_each() -> None:
    keyed = key(happening(), people=Known((ID, 7, NAME), (ID, 23, OTHER_NAME)))
    assert [(row["person"], row["identity"]) for row in keyed.rows] == [(7, "match"), (23, "doubt")]
    assert counts(keyed) == (1, 1, 0, 1, 0)


def test_a_couple_of_which_one_is_on_the_roster() -> None:
    keyed = key(wedding(), dataset=weddings)
    assert [(row["person"], row["item"]) for row in keyed.rows] == [(7, 0)]
    assert counts(keyed) == (1, 1, 0, 1, 0)
    both = key(wedding(), dataset=weddings, people=Known((ID, 7, NAME), (OTHER_ID, 8, OTHER_NAME)))
    assert [(row["person"], row["item"]) for row in both.rows] == [(7, 0), (8, 1)]


def test_a_refused_row_leaves_its_rule_and_no_record() -> None:
    keyed = key(happening(RQ="soon"), happening(RQ="soon", BH=None), "no row", happening(BH="H-2"))
    assert counts(keyed) == (4, 1, 3, 1, 0)
    hashed = KEYER.row("happenings", "H-1").hex()
    assert [(r.key_hash, r.field, r.rule) for r in keyed.refusals] == [
        (hashed, "RQ", "date_form"),
        (None, "BH", "key_missing"),
        (None, "RQ", "date_form"),
        (None, None, "row_form"),
    ]


def test_a_row_that_is_half_refused_is_accepted_and_its_fault_noted() -> None:
    keyed = key(wedding(M="broken"), dataset=weddings)
    assert counts(keyed) == (1, 1, 0, 1, 0)
    assert [(r.field, r.rule) for r in keyed.refusals] == [("M", "id_form")]
    assert [row["person"] for row in keyed.rows] == [7]


def test_every_refused_row_has_a_refusal() -> None:
    for raw in ({}, {"op": "D"}, 5, happening(SFZH=None), happening(tong_time=""), happening(BH="-")):
        keyed = key(raw)
        assert counts(keyed) == (1, 0, 1, 0, 0)
        assert keyed.refusals


def test_a_deletion_leaves_a_version_that_says_so() -> None:
    keyed = key({"op": "D", "BH": "H-1", "tong_time": "20260310"})
    (row,) = keyed.rows
    assert (row["kind"], row["basis"], row["identity"]) == (NOTHING, "deleted", "unchecked")
    assert counts(keyed) == (1, 1, 0, 0, 0)


def test_a_correction_that_says_nothing_leaves_a_version_too() -> None:
    (row,) = key(happening(op="U", YY="9")).rows
    assert (row["kind"], row["basis"]) == (NOTHING, "corrected")


@pytest.mark.parametrize(("number", "op"), [("none", "U"), (None, "U"), ("none", "I")])
def test_a_row_refused_for_its_id_number_leaves_a_version_that_frees_whom_it_named(
    number: str | None, op: str
) -> None:
    keyed = key(happening(op=op, YY="1", SFZH=number))
    (row,) = keyed.rows
    assert counts(keyed) == (1, 0, 1, 0, 0)
    assert (row["kind"], row["basis"]) == (NOTHING, "corrected" if op == "U" else None)
    assert timedelta(0) < LOADED_AT - row["published_at"] < timedelta(seconds=1)


def test_a_row_refused_for_anything_else_leaves_nothing() -> None:
    assert key(happening(op="U", RQ="soon"), happening(op="U", YY="2", RQ=None)).rows == []


def test_a_withdrawal_is_kept_whoever_it_is_about() -> None:
    for people in (ONE, Known()):
        (row,) = key(happening(YY="9", YBH="H-0"), people=people).rows
        assert (row["kind"], row["person"]) == ("withdrawal", None)
        assert row["withdraws"] == KEYER.row("happenings", "H-0")


def test_a_certificate_is_hashed() -> None:
    (row,) = key(happening(YY="1", ZM="sw-1")).rows
    assert row["derived_from"] == KEYER.certificate("SW-1")
    assert row["certificate"] is None


def test_unknown_codes_are_counted() -> None:
    keyed = key(happening(YY="7"), happening(YY="7"), happening(YY=ID))
    assert keyed.unknown_codes == {"YY=7": 2, "YY=?": 1}


def test_the_same_row_is_the_same_version_and_a_changed_one_is_not() -> None:
    rows = [happening(), dict(reversed(happening().items())), happening(RQ="20260302"), happening(new=1)]
    contents = [row["content"] for row in key(*rows).rows]
    assert contents[0] == contents[1]
    assert len(set(contents)) == 3


def test_a_window_is_counted_by_key_and_load_time() -> None:
    rows = [happening(), happening(RQ="20260302"), happening(BH="H-2"), happening(tong_time="20260311"), 5, 6]
    hashes = key(*rows).page().versions
    assert (len(hashes), len(set(hashes.tolist()))) == (6, 5)


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


def test_what_is_nested_beyond_reason_refuses_one_row() -> None:
    deep = nested(100_000)
    keyed = key(happening(RQ=deep), happening(new=deep), [deep], happening())
    assert counts(keyed) == (4, 2, 2, 2, 0)


def test_nothing_is_kept_that_names_anybody() -> None:
    rows: list[Any] = [happening(YY=code, ZM="SW-0815", YBH="H-0") for code in "12349"]
    rows += [happening(YY=code) for code in "1234"] + [happening(RQ=ID, XM=ID), happening(op="D"), [ID, NAME]]
    for people in (ONE, Known()):
        keyed = key(*rows, people=people)
        kept = f"{keyed.rows} {keyed.refusals} {keyed.unknown_codes} {keyed.evidence().to_pydict()}"
        for secret in (ID, ID[:17], NAME, NAME[:2], "SW-0815", "H-1", "H-0"):
            assert secret not in kept
            assert secret.encode().hex() not in kept
