"""The page of the hook and of what it hands over."""

import gateway
from gateway import department, hookspecs
from gateway.department import Dataset, Department, SealedPage
from tests.support.reference.departments import departments
from tests.support.reference.markdown import block, code, table
from tests.support.reference.reading import aliases, attributes, constant_docs, sentence, signature

_HEAD = """# Plugin

A department is one Python package that hands over one object. It imports `gateway` and nothing below it, and
is found by the entry point `{group}`, whose name is the department's:

{entry}
`gateway plugins` lists what is installed, and names every fault of every plugin.

## The hook

{hook}
{sentence} It is the only hook; it takes nothing and returns a `Department`. Another name, another argument or
a second department of that name is a fault of the plugin, and the others go on.
"""
_EXAMPLE = '''
from gateway import Dataset, Day, Department, Emit, Field, IdText, Key, NameText, SourceRow, hookimpl, records


class Vaccination(SourceRow):
    """预防接种."""

    record_no: Key = Field(alias="JZBH", title="接种编号")
    id_number: IdText = Field(alias="SFZH", title="身份证号")
    name: NameText = Field(alias="XM", title="姓名")
    vaccinated_on: Day = Field(alias="JZRQ", title="接种日期")


vaccinations = Dataset(
    name="vaccinations",
    title="预防接种",
    envelope="sm4_cbc_mac",
    row=Vaccination,
    key="JZBH",
    emits=[Emit(records.OutpatientVisit, happened_on="JZRQ")],
)


@hookimpl
def gateway_department() -> Department:
    """Hand over the one dataset of disease control."""
    return Department("disease_control", "疾控", (vaccinations,))
'''
_SEALED = """## SealedPage

{sentence} Only a dataset that overrides `fetch` makes one.

{fields}
## Types of what may be overridden

{types}"""
_CALLED = ("Ask", "Fetch", "Open", "Read", "ToRecords")


def page() -> str:
    """The whole page."""
    entry = block(
        '[project.entry-points."gateway.departments"]\ndisease_control = "gateway_disease_control"', "toml"
    )
    hook = block(f"@hookimpl\ndef {signature(hookspecs.gateway_department)} -> Department: ...", "text")
    head = _HEAD.format(
        group=hookspecs.ENTRY_POINTS, entry=entry, hook=hook, sentence=sentence(hookspecs.gateway_department)
    )
    parts = [head, _whole(), _described(Department), _described(Dataset), _sealed(), _front_door()]
    return "\n".join(parts)


def _whole() -> str:
    return "A whole plugin:\n\n" + block(_EXAMPLE, "python")


def _described(cls: type) -> str:
    call = block(signature(cls), "text")
    said = sentence(cls).removesuffix(".")
    return f"## {cls.__name__}\n\n{call}\n{said}.\n\n{_fields(cls)}"


def _fields(cls: type) -> str:
    rows = [
        [
            code(each.name),
            code(each.annotation),
            "required" if each.default is None else code(each.default),
            each.doc,
        ]
        for each in attributes(cls)
        if "init=False" not in (each.default or "")
    ]
    return table(["argument", "type", "default", "what it is"], rows)


def _sealed() -> str:
    rows = [[code(each.name), code(each.annotation)] for each in attributes(SealedPage)]
    docs = constant_docs(department)
    types = [
        [code(name), code(each), docs.get(name, "")] for name, each in aliases(department, _CALLED).items()
    ]
    return _SEALED.format(
        sentence=sentence(SealedPage),
        fields=table(["field", "type"], rows),
        types=table(["type", "is", ""], types),
    )


def _front_door() -> str:
    names = ", ".join(code(name) for name in gateway.__all__)
    known = ", ".join(f"{code(name)} {each.title}" for name, each in departments().items())
    return (
        "## What a plugin may import\n\n"
        f"From `gateway`: {names}.\n\nDepartments of the project itself: {known}.\n"
    )
