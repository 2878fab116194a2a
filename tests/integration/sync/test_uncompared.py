"""Rule 0 is an alarm that stands until a run finds everything compared again."""

from datetime import timedelta
from pathlib import Path

from gateway.store.alarms import standing_alarms
from tests.integration.ledger.office import TODAY, Office, open_office


def alarms(office: Office) -> dict[str, str]:
    with office.station.store.read() as conn:
        return {each.subject: each.message for each in standing_alarms(conn) if each.name == "uncompared"}


def test_every_dataset_that_is_not_compared_is_an_alarm_until_it_is(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        office.on(TODAY).roster({"benefit_id": "B1"})
        office.decide()
        found = alarms(office)
        assert {"cremations", "detentions", "settlements"} <= set(found)
        assert "nothing is renewed or found overdue" in found["cremations"]
        assert "nothing is found overdue" in found["settlements"]
        office.on(TODAY + timedelta(days=1)).compared(TODAY)
        office.decide()
        assert alarms(office) == {}
