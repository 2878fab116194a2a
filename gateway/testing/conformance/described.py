"""Rules of the package: its names, its titles, its README, its sheets of samples."""

from collections.abc import Iterator

from gateway.crypto.envelopes import ENVELOPES
from gateway.crypto.file_drop import NAME as FILE_DROP
from gateway.department import Dataset
from gateway.fields import SourceRow
from gateway.testing.conformance.package import Package
from gateway.testing.markdown import with_tables


def name_is_folder(package: Package) -> Iterator[str]:
    """The department is called as its folder is."""
    name, folder = package.department.name, package.folder.name
    if folder != name and not folder.endswith(f"_{name}"):
        yield (f"the folder {folder} holds the department {name}: call the folder {name} or something_{name}")


def titles_given(package: Package) -> Iterator[str]:
    """Department, datasets and columns have the titles that their people know them by."""
    if not package.department.title.strip():
        yield f'Department("{package.department.name}", …) has no title: give it its Chinese name'
    for dataset in package.department.datasets:
        if not dataset.title.strip():
            yield f"{dataset.name} has no title: give its Dataset one"
        for column in _untitled(dataset):
            yield f'{dataset.name}: the column {column} has no title: write Field(…, title="…")'


def readme_is_current(package: Package) -> Iterator[str]:
    """The README's field tables are those of the rows."""
    if not package.readme.is_file():
        yield "README.md is missing: say what the department's data say, what they do not say, and since when"
        return
    text = package.readme.read_text("utf-8")
    try:
        current = with_tables(text, package.department) == text
    except ValueError as error:
        yield str(error)
        return
    if not current:
        yield "README.md: its field tables are behind: run `python -m gateway.testing.field_table`"


def samples_belong(package: Package) -> Iterator[str]:
    """Every file of samples is a dataset's."""
    wanted = {dataset.name for dataset in package.department.datasets}
    for path in sorted(package.samples.glob("*")):
        if path.is_file() and path.stem not in wanted:
            yield f"samples/{path.name} is no dataset's: rename it to a dataset's name, or remove it"


def envelope_is_known(package: Package) -> Iterator[str]:
    """Every dataset names an envelope that the gateway opens, or opens its pages itself."""
    for dataset in package.department.datasets:
        known = [FILE_DROP] if dataset.shape == "file_drop" else [*ENVELOPES]
        if dataset.envelope not in known and not dataset.open:
            yield (
                f"{dataset.name}: a {dataset.shape} in the envelope {dataset.envelope!r} cannot be opened: "
                f"name {' or '.join(known)}, or give the Dataset its open="
            )


def _untitled(dataset: Dataset) -> list[str]:
    fields = dataset.row.model_fields.items()
    return [
        field.alias or name
        for name, field in fields
        if name not in SourceRow.model_fields and not (field.title or "").strip()
    ]
