"""Whatever goes wrong between the hub and us is one clear line, and costs nothing but a second run."""

import logging
from dataclasses import replace

import pytest

from gateway.errors import EnvelopeError, GatewayError, HubRefused, HubUnavailable
from gateway.sandbox.faults import REFRESH, FaultKind
from gateway.store.refusals import Which, list_refusals
from gateway.sync.run import SyncReport
from tests.acceptance.conftest import BROKEN_KEY
from tests.support.site import Digest, Privates, Trial

ENVELOPES = {
    "border_crossings": "sm4_cbc_mac",
    "criminal_judgments": "jwe",
    "marriages": "sm4_fields",
    "outpatient_visits": "sm2_sm4_gcm",
    "settlements": "nhsa",
}
DATASETS = 17
ALWAYS = None


def stopped(trial: Trial, report: SyncReport, kind: type[GatewayError], *words: str) -> None:
    """One stop of this kind, said in one line by the report and by the run; the exit code is its own."""
    (stop,) = report.stops.values()
    line = str(stop)
    assert type(stop) is kind
    assert report.exit_code == kind.exit_code
    assert "\n" not in line
    assert [word for word in words if word not in line] == []
    run = trial.latest_run()
    assert (run.state, run.reason) == ("failed", line)


def is_mended(trial: Trial, undisturbed: Digest) -> None:
    """The fault is gone: the next sync reaches what an undisturbed one would have."""
    trial.hub.faults.clear()
    report = trial.sync()
    assert (report.stops, report.warnings) == ({}, [])
    assert trial.state() == undisturbed


def test_an_undisturbed_sync_reads_every_dataset(trial: Trial, undisturbed: Digest) -> None:
    report = trial.sync()
    assert len(report.counts) == DATASETS
    assert (report.exit_code, report.warnings) == (0, [])
    assert trial.state() == undisturbed
    assert undisturbed["evidence"][0] > 100


@pytest.mark.parametrize("kind", [FaultKind.CUT_BODY, FaultKind.BROKEN_JSON])
def test_a_page_cut_in_the_middle_is_asked_for_again(
    insurance: Trial, insurance_undisturbed: Digest, kind: FaultKind
) -> None:
    insurance.hub.faults.add(kind, "settlements", after=1)
    report = insurance.sync()
    assert report.exit_code == 0
    assert insurance.state() == insurance_undisturbed
    assert [waiting.dataset for waiting in insurance.time.waits] == ["settlements"]


@pytest.mark.parametrize("kind", [FaultKind.CUT_BODY, FaultKind.BROKEN_JSON])
def test_a_page_that_is_always_cut_stops_its_dataset_only(
    trial: Trial, undisturbed: Digest, kind: FaultKind
) -> None:
    trial.hub.faults.add(kind, "settlements", times=ALWAYS, after=1)
    report = trial.sync()
    stopped(trial, report, HubUnavailable, "settlements: ", "the hub's reply", "run again later")
    assert list(report.stops) == ["settlements"]
    assert len(report.counts) == DATASETS
    is_mended(trial, undisturbed)


def test_what_was_taken_before_a_stop_is_not_asked_for_again(
    insurance: Trial, insurance_undisturbed: Digest
) -> None:
    insurance.hub.faults.add(FaultKind.SERVER_ERROR, "settlements", times=ALWAYS, after=1)
    insurance.sync()
    calls_before = insurance.hub.calls["settlements"]
    is_mended(insurance, insurance_undisturbed)
    second_page, overlap = 1, 1
    assert insurance.hub.calls["settlements"] - calls_before == second_page + overlap


@pytest.mark.parametrize(("dataset", "envelope"), ENVELOPES.items())
def test_a_wrong_key_stops_its_dataset(
    trial: Trial, undisturbed: Digest, privates: Privates, dataset: str, envelope: str
) -> None:
    trial.hub.faults.add(FaultKind.WRONG_KEY, dataset, times=ALWAYS)
    report = trial.sync()
    stopped(trial, report, EnvelopeError, f"{dataset}: {envelope}, kid '", "key", "mend the key", "run again")
    assert list(report.stops) == [dataset]
    assert len(report.counts) == DATASETS - 1
    assert privates.in_text(str(report.stops[dataset])) == 0
    is_mended(trial, undisturbed)


@pytest.mark.parametrize(("dataset", "envelope"), ENVELOPES.items())
def test_a_forged_page_is_not_believed(
    trial: Trial, undisturbed: Digest, dataset: str, envelope: str
) -> None:
    trial.hub.faults.add(FaultKind.FORGED, dataset)
    report = trial.sync()
    stopped(trial, report, EnvelopeError, f"{dataset}: {envelope}", "does not match", "run again")
    assert dataset not in report.counts
    is_mended(trial, undisturbed)


def test_a_broken_row_is_refused_by_name_of_its_rule_and_its_page_goes_on(
    trial: Trial, privates: Privates
) -> None:
    cards = trial.sync().counts["identity_cards"]
    with trial.station.store.read() as conn:
        refusals = list_refusals(conn, Which("identity_cards"))
    broken = [each for each in refusals if each.rule == "id_check_digit"]
    key_hash = trial.station.keyer.row("identity_cards", BROKEN_KEY).hex()
    assert [(each.key_hash, each.field) for each in broken] == [(key_hash, "GMSFHM")]
    assert (cards.accepted, cards.refused) == (cards.received - len(refusals), len(refusals))
    assert cards.accepted > 1
    assert privates.in_text(repr(refusals)) == 0


def test_a_dead_hub_stops_what_it_serves_and_justice_goes_on(trial: Trial, undisturbed: Digest) -> None:
    served_at = trial.station.settings.gateway.hub.base_url
    trial.reopen(base_url="http://127.0.0.1:9")
    report = trial.sync()
    assert report.exit_code == HubUnavailable.exit_code
    assert {type(stop) for stop in report.stops.values()} == {HubUnavailable}
    assert sorted(report.counts) == ["community_corrections", "prison_custody"]
    for dataset, stop in report.stops.items():
        assert str(stop).startswith(f"{dataset}: the connection to the hub failed (")
        assert str(stop).endswith("run again later")
    trial.reopen(base_url=served_at)
    is_mended(trial, undisturbed)


def test_a_burst_of_server_errors_is_waited_out(trial: Trial, undisturbed: Digest) -> None:
    for dataset in ENVELOPES:
        trial.hub.faults.add(FaultKind.SERVER_ERROR, dataset, times=2)
    assert trial.sync().exit_code == 0
    assert trial.state() == undisturbed
    assert len(trial.time.waits) == 2 * len(ENVELOPES)


def test_retry_after_is_obeyed_and_said(
    insurance: Trial, insurance_undisturbed: Digest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    insurance.hub.faults.add(FaultKind.TOO_MANY, "settlements", value=7)
    assert insurance.sync().exit_code == 0
    assert insurance.state() == insurance_undisturbed
    asked = [waiting.seconds for waiting in insurance.time.waits if waiting.dataset == "settlements"]
    assert 6.5 < sum(asked) < 8
    assert "settlements waits 7 s: the hub asks to slow down (HTTP 429) (attempt 1 of 3)" in caplog.text


def test_a_pause_beyond_reason_ends_the_dataset_until_the_next_run(
    insurance: Trial, insurance_undisturbed: Digest
) -> None:
    insurance.hub.faults.add(FaultKind.TOO_MANY, "settlements", value=7200)
    report = insurance.sync()
    stopped(insurance, report, HubUnavailable, "settlements: ", "a pause of 7200 s", "run again later")
    is_mended(insurance, insurance_undisturbed)


def test_a_used_up_quota_of_the_hub_is_said(insurance: Trial, insurance_undisturbed: Digest) -> None:
    insurance.hub.faults.add(FaultKind.QUOTA, "settlements", times=ALWAYS)
    report = insurance.sync()
    stopped(insurance, report, HubUnavailable, "settlements: the hub asks to slow down", "run again later")
    is_mended(insurance, insurance_undisturbed)


def test_the_hub_counts_requests_and_so_do_we(insurance: Trial, insurance_undisturbed: Digest) -> None:
    insurance.hub.options = replace(insurance.hub.options, requests_per_hour=1)
    report = insurance.sync()
    stopped(insurance, report, HubUnavailable, "settlements: ", "HTTP 429", "a pause of 3", "run again later")
    insurance.hub.options = replace(insurance.hub.options, requests_per_hour=None)
    insurance.reopen(requests_per_hour=1)
    is_mended(insurance, insurance_undisturbed)
    assert {waiting.reason for waiting in insurance.time.waits} == {"the hub's quota of requests per hour"}


def test_an_expired_secret_is_fetched_anew(insurance: Trial, insurance_undisturbed: Digest) -> None:
    insurance.hub.faults.add(FaultKind.SECRET_EXPIRED, "settlements", after=1)
    assert insurance.sync().exit_code == 0
    assert insurance.state() == insurance_undisturbed
    services = 2
    assert insurance.hub.calls[REFRESH] == services + 1
    assert insurance.time.waits == []


def test_a_secret_that_always_expires_stops_its_dataset(
    insurance: Trial, insurance_undisturbed: Digest
) -> None:
    insurance.hub.faults.add(FaultKind.SECRET_EXPIRED, "settlements", times=ALWAYS)
    report = insurance.sync()
    stopped(insurance, report, HubUnavailable, "settlements: ", "the secret has expired", "run again later")
    is_mended(insurance, insurance_undisturbed)


@pytest.mark.parametrize("kind", [FaultKind.REFUSED, FaultKind.FORBIDDEN])
def test_a_refusal_of_the_hub_stops_the_department(
    trial: Trial, undisturbed: Digest, kind: FaultKind
) -> None:
    trial.hub.faults.add(kind, "settlements", times=ALWAYS)
    report = trial.sync()
    stopped(trial, report, HubRefused, "settlements: the hub refused the call", "check rid, sid, app_key")
    assert list(report.stops) == ["medical_insurance"]
    assert len(report.counts) == DATASETS - 2
    is_mended(trial, undisturbed)


def test_a_sign_refused_once_is_worth_a_new_secret(insurance: Trial, insurance_undisturbed: Digest) -> None:
    insurance.hub.faults.add(FaultKind.REFUSED, "settlements")
    assert insurance.sync().exit_code == 0
    assert insurance.state() == insurance_undisturbed


def test_no_secret_no_page(insurance: Trial, insurance_undisturbed: Digest) -> None:
    insurance.hub.faults.add(FaultKind.REFUSED, REFRESH)
    report = insurance.sync()
    (stop,) = report.stops.values()
    assert type(stop) is HubRefused
    assert "check rid, sid, app_key and authorisation" in str(stop)
    is_mended(insurance, insurance_undisturbed)


def test_a_looping_cursor_is_seen(insurance: Trial, insurance_undisturbed: Digest) -> None:
    insurance.hub.faults.add(FaultKind.LOOPING_CURSOR, "settlements", times=ALWAYS)
    report = insurance.sync()
    stopped(
        insurance,
        report,
        HubUnavailable,
        "settlements: ",
        "cursor loops at start 0",
        "tell the hub",
        "run again",
    )
    assert insurance.hub.calls["settlements"] == 1
    is_mended(insurance, insurance_undisturbed)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FaultKind.WRONG_TOTAL, "rows came, promised: "),
        (FaultKind.CHANGING_TOTAL, "promised: changed on the way, "),
        (FaultKind.SHORT_PAGE, "short, 10 rows came, promised: "),
    ],
)
def test_a_window_that_never_keeps_its_promise_is_read_three_times_and_stays_unread(
    insurance: Trial, insurance_undisturbed: Digest, kind: FaultKind, said: str
) -> None:
    insurance.hub.faults.add(kind, "settlements", times=ALWAYS)
    report = insurance.sync()
    (warning,) = report.warnings
    assert warning.startswith("settlements: the window from 2026-03-01 00:00:00 to ")
    assert said in warning
    assert warning.endswith("in 3 attempts")
    assert "settlements" not in [dataset for dataset, *_ in insurance.reach()]
    is_mended(insurance, insurance_undisturbed)


def test_a_total_that_changes_once_is_read_again_at_once(
    insurance: Trial, insurance_undisturbed: Digest
) -> None:
    insurance.hub.faults.add(FaultKind.WRONG_TOTAL, "settlements")
    report = insurance.sync()
    assert (report.exit_code, report.warnings) == (0, [])
    assert insurance.state() == insurance_undisturbed


def test_no_window_is_closed_behind_a_short_one(insurance: Trial, insurance_undisturbed: Digest) -> None:
    insurance.reopen(window_days=31)
    insurance.hub.faults.add(FaultKind.WRONG_TOTAL, "settlements", times=3)
    (warning,) = insurance.sync().warnings
    assert warning.startswith("settlements: the window from 2026-03-01 00:00:00 to 2026-04-01 00:00:00")
    assert "settlements" not in [dataset for dataset, *_ in insurance.reach()]
    is_mended(insurance, insurance_undisturbed)


def test_a_reply_that_grows_too_large_is_not_taken_in(
    insurance: Trial, insurance_undisturbed: Digest
) -> None:
    insurance.reopen(max_page_bytes=2**20)
    insurance.hub.faults.add(FaultKind.OVERSIZED, "settlements", value=2**21)
    report = insurance.sync()
    stopped(
        insurance, report, HubUnavailable, "settlements: ", "larger than 1048576 bytes", "lower page_limit"
    )
    is_mended(insurance, insurance_undisturbed)
