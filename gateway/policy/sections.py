"""The sections of `policy.yaml` below the tables of benefits and of records."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from gateway.policy.entries import BackPay, Cause, Channel, Cited, Method, PaymentStatus, Strict


def _each_once(words: list[str]) -> list[str]:
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise ValueError(f"named more than once: {', '.join(twice)}")
    return words


def _days_each_once(days: list[int]) -> list[int]:
    _each_once([str(day) for day in days])
    return days


Days = Annotated[int, Field(ge=0, le=3660)]
Years = Annotated[int, Field(ge=1, le=100)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Name = Annotated[str, StringConstraints(min_length=1)]
Names = Annotated[list[Name], AfterValidator(_each_once)]
SomeNames = Annotated[list[Name], Field(min_length=1), AfterValidator(_each_once)]
PaymentStatuses = Annotated[list[PaymentStatus], Field(min_length=1), AfterValidator(_each_once)]
Methods = Annotated[list[Method], AfterValidator(_each_once)]


class FutureFacts(Strict):
    """How far after its load time a row may date a fact."""

    tolerance_days: Cited[Days]


class Sources(Strict):
    """Rule 0: what must have been compared, and how lately, before anything is renewed."""

    must_be_compared: Cited[SomeNames]
    max_source_age_days: Cited[Days]
    of_life_for_overdue: Cited[Names]


class DeathRules(Strict):
    """Rule 2: which deaths are first-hand, and what speaks against one."""

    first_hand: Cited[SomeNames]
    echo: Cited[Names]
    first_hand_departments_to_corroborate: Cited[Literal[2]]
    grace_days: Cited[Days]
    certification_afterwards: Cited[dict[Method, Literal["conflict", "likely_alive"]]]

    @model_validator(mode="after")
    def _agrees(self) -> "DeathRules":
        both = set(self.first_hand.value) & set(self.echo.value)
        if both:
            raise ValueError(f"both first-hand and echo: {', '.join(sorted(both))}")
        missing = [method for method in get_args(Method) if method not in self.certification_afterwards.value]
        if missing:
            raise ValueError(f"certification_afterwards says nothing of {', '.join(missing)}")
        return self

    def likely_alive_methods(self) -> list[Method]:
        """The methods of certification after which a death is probably reported wrongly."""
        return [method for method, says in self.certification_afterwards.value.items() if says != "conflict"]


class IdentityRules(Strict):
    """When a record is in doubt though its ID number and name match."""

    certificates_name_one: Cited[bool]


class CustodyRules(Strict):
    """Rule 4: what ends a custody, and what speaks against one."""

    not_an_end: Cited[list[Literal["outside", "prison", "death", "unknown"]]]
    ending_kinds: Cited[SomeNames]
    hospital_kinds: Cited[Names]
    not_in_person_methods: Cited[Methods]


class AlsoPension(Strict):
    """Which other benefit on the roster is a pension that the person draws."""

    pensions: Cited[SomeNames]
    payment_statuses: Cited[PaymentStatuses]


class Holds(Strict):
    """Which causes hold silent certification until a person has closed their entries."""

    causes: Cited[Annotated[list[Cause], AfterValidator(_each_once)]]


class CertificationRules(Strict):
    """Rule 5: when evidence of life certifies, and when that is announced."""

    weak_pairs_certify: Cited[bool]
    min_extension_days: Cited[Days]
    renew_when_due_within_days: Cited[Days]


class MassGuard(Strict):
    """When a run finds too much to be published unseen."""

    min_count: Cited[Count]
    max_share: Cited[Share]
    max_share_of_overdues: Cited[Share]
    times_the_median: Cited[Count]
    median_of_runs: Cited[Count]


class RestorationRules(Strict):
    """The way back after a suspension."""

    resumption_after_years: Cited[Years]
    commitment_after_years: Cited[Years]
    commitment_after_suspended_years: Cited[Years]
    employer_verification_after_suspended_years: Cited[Years]
    employer_verification_for: Cited[Names]
    review_after_suspended_months: Cited[Count]
    back_pay_after_custody: Cited[dict[Literal["detention", "sentence"], BackPay]]


class NoticeRules(Strict):
    """Who is told, and how long before the end of a certification."""

    due_within_days: Cited[Annotated[list[Days], Field(min_length=1), AfterValidator(_days_each_once)]]
    payment_statuses: Cited[PaymentStatuses]
    tell_suspected: Cited[bool]


class ChannelRules(Strict):
    """Which other way of certifying is suggested to whom."""

    methods: Cited[Methods]
    home_visit_from_age: Cited[Count]
    employer_for: Cited[Names]
    consular_app_when_abroad: Cited[Names]
    custody_suspected: Cited[Channel]
    otherwise: Cited[Channel]
    after_a_notice_without_effect: Cited[Channel]


class LedgerRules(Strict):
    """How long a verification may take."""

    verify_within_days: Cited[Days]
