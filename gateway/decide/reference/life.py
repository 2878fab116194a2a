"""What the evidence says about one life on the as-of date (POLICY 2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from gateway.policy import Policy

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Life:
    """The live evidence about one person, as one of the person's benefits sees it."""

    evidence: Sequence[Row]
    policy: Policy
    as_of: date

    def has_come(self, day: date | None) -> bool:
        """A fact counts when its day is on or before the as-of date."""
        return day is not None and day <= self.as_of

    def of_kind(self, kind: str) -> list[Row]:
        """The rows of one kind."""
        return [row for row in self.evidence if row["kind"] == kind]

    def newest(self, rows: Iterable[Row]) -> date | None:
        """The newest day, on or before the as-of date, of some rows."""
        days = [row["happened_on"] for row in rows]
        return max((day for day in days if self.has_come(day)), default=None)

    def strong(self, strength: str = "strong") -> list[Row]:
        """Strong evidence of life, about surely this person; or weak, which by itself certifies nobody."""
        kinds = self.policy.certifying_kinds()
        return [
            row
            for row in self.evidence
            if row["polarity"] == "of_life" and row["strength"] == strength and row["kind"] in kinds
            if row["identity"] == "match"
        ]

    def certifying_on(self) -> date | None:
        """The newest strong evidence of life or, where the rules let it, the newest weak pair."""
        paired_on = self._paired_on() if self.policy.certification.weak_pairs_certify.value else None
        return max((day for day in (self.strong_on(), paired_on) if day), default=None)

    def _paired_on(self) -> date | None:
        """By then two departments had seen somebody: the day of the earlier of the two."""
        weak = self.strong("weak")
        of_each = [
            self.newest(row for row in weak if row["department"] == name)
            for name in {row["department"] for row in weak}
        ]
        days = sorted(day for day in of_each if day)
        return days[-2] if len(days) > 1 else None

    def strong_on(self) -> date | None:
        """The newest strong evidence of life."""
        return self.newest(self.strong())

    def was_seen_after(self, day: date | None) -> bool:
        """Whether there is strong evidence of life after a day."""
        strong_on = self.strong_on()
        return day is not None and strong_on is not None and strong_on > day

    def free_on(self) -> date | None:
        """The newest strong evidence for which the person came in person, and not to a hospital."""
        rules = self.policy.custody
        return self.newest(
            row
            for row in self.strong()
            if row["kind"] not in rules.hospital_kinds.value
            and not (is_elsewhere(row) and row["basis"] in rules.not_in_person_methods.value)
        )

    def likely_alive_on(self) -> date | None:
        """The newest certification elsewhere by somebody who had the person before them."""
        methods = self.policy.death.likely_alive_methods()
        return self.newest(row for row in self.strong() if is_elsewhere(row) and row["basis"] in methods)

    def deaths(self) -> list[Row]:
        """The deaths by the as-of date, whatever the name."""
        return [row for row in self.of_kind("death") if self.has_come(death_day(row))]

    def is_corroborated(self) -> bool:
        """Two first-hand deaths of different departments that rest on no common and no voided certificate."""
        first_hand = self.policy.death.first_hand.value
        sure = [
            row
            for row in self.deaths()
            if row["basis"] in first_hand and row["identity"] == "match" and not self.rests_on_voided(row)
        ]
        return any(
            one["department"] != other["department"] and not self.origins(one) & self.origins(other)
            for one, other in combinations(sure, 2)
        )

    def rests_on_voided(self, death: Row) -> bool:
        """Whether a death rests, however indirectly, on a certificate that was voided."""
        voided = {row["certificate"] for row in self.of_kind("voided_certificate")}
        return bool(self.origins(death) & voided)

    def origins(self, death: Row) -> set[bytes]:
        """Every certificate a death is or rests on, however far back."""
        found: set[bytes] = set()
        ahead = {death["certificate"], death["derived_from"]} - {None}
        while ahead:
            certificate = ahead.pop()
            found.add(certificate)
            rows = [row for row in self.of_kind("death") if row["certificate"] == certificate]
            ahead |= {row["derived_from"] for row in rows} - found - {None}
        return found

    def absent_on(self, *, doubted: bool = False) -> date | None:
        """The newest declaration of absence with no strong evidence of life after it."""
        rows = [row for row in self.of_kind("absence") if is_doubted(row) is doubted]
        declared_on = self.newest(rows)
        return None if self.was_seen_after(declared_on) else declared_on

    def custody_ends(self, *, trusting_all: bool) -> list[date]:
        """Every day a release, a correction check-in or a custody's real end let the person go."""
        kinds = self.policy.custody.ending_kinds.value
        rows = [row for row in self.evidence if trusting_all or not is_doubted(row)]
        ends = [row["happened_on"] for row in rows if row["kind"] in kinds]
        ends += [row["released_on"] for row in rows if row["kind"] == "custody" and self.lets_go(row)]
        return [day for day in ends if self.has_come(day)]

    def lets_go(self, custody: Row) -> bool:
        """To be moved to prison is no end."""
        return custody["released_to"] not in self.policy.custody.not_an_end.value

    def standing(self, custody: Row, last_certified_on: date | None) -> str:
        """`open`, `contradicted`, `unconfirmed` or `over`, as rule 4 has it."""
        began_on, planned_end = custody["began_on"], custody["ends_on"]
        own_end = self.has_come(custody["released_on"]) and self.lets_go(custody)
        ends = self.custody_ends(trusting_all=is_doubted(custody))
        if not self.has_come(began_on) or own_end or any(day > began_on for day in ends):
            return "over"
        if planned_end is None or planned_end >= self.as_of:
            free_on = self.free_on()
            return "contradicted" if free_on and free_on > began_on else "open"
        certified_since = last_certified_on is not None and last_certified_on >= planned_end
        return "over" if certified_since or self.was_seen_after(planned_end) else "unconfirmed"

    def facts(self) -> list[int]:
        """The contents of every row that can be a ground."""
        kinds = ("marriage", "enlisted", "emigration")
        rows = [row for row in self.evidence if row["polarity"] == "adverse"]
        rows += [row for row in self.evidence if row["kind"] in kinds and is_ground(row)]
        return sorted(row["content"] for row in rows)


def is_doubted(row: Row) -> bool:
    """The ID number matches, the name differs."""
    return bool(row["identity"] == "doubt")


def is_elsewhere(row: Row) -> bool:
    """A certification through another channel; its basis is the method."""
    return bool(row["kind"] == "certification_elsewhere")


def is_ground(row: Row) -> bool:
    """Whether a row of a neutral kind, or of a marriage, is sure enough to be a ground."""
    if row["kind"] != "marriage":
        return not is_doubted(row)
    return bool(row["strength"] == "strong" and row["identity"] == "match")


def death_day(death: Row) -> date | None:
    """The day of a death, or the latest day it can have."""
    day: date | None = death["happened_on"] or death["latest"]
    return day
