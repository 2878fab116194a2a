"""Whatever stands in the columns of a row, reading it gives records or faults."""

from datetime import datetime
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from gateway.department import Dataset
from gateway.intake.interpret import RowReader
from tests.plugins.examples import DATASETS, sheet

RECEIVED_AT: Final = datetime(2026, 9, 2, 8)  # noqa: DTZ001 - naive Asia/Shanghai, as intake gives it
ANYTHING: Final = (
    st.none() | st.text() | st.integers() | st.floats() | st.dates().map(str) | st.text("0123456789Xx-")
)


@given(data=st.data(), chosen=st.sampled_from(DATASETS))
def test_any_row_at_all(data: st.DataObject, chosen: tuple[str, Dataset]) -> None:
    department, dataset = chosen
    sample = data.draw(st.sampled_from(sheet(department, dataset.name)["accepted"]))
    column = st.sampled_from([str(field.alias) for field in dataset.row.model_fields.values()])
    changes = data.draw(st.dictionaries(column, ANYTHING, min_size=1))
    reading = RowReader(dataset).read({**sample["row"], **changes}, RECEIVED_AT)
    assert reading.deleted or reading.statements or reading.faults
