"""Reads the paragraphs of the manual from its source: what each is given and what it expects, unrun."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Names = dict[str, Any]


class Code(str):
    """An expression that only a run would give a value; shown as it is written."""

    __slots__ = ()


@dataclass(frozen=True)
class Run:
    """One run of the deciders: its table of records, what else it is given, what it expects."""

    records: str
    given: Mapping[str, Any]
    expected: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """The cases of a paragraph that is told once for several: names, and a row of values for each."""

    names: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Paragraph:
    """One test: its name as a sentence, its cases and its runs."""

    sentence: str
    cases: list[Case]
    runs: list[Run]


GIVEN: Final = ("as_of", "roster", "beside", "ledger", "gaps", "last")


def paragraphs(source: Path) -> tuple[str, list[Paragraph]]:
    """The heading of a section and its paragraphs, in their order."""
    module = ast.parse(source.read_text("utf-8"))
    names = _assigned(module.body, {})
    functions = (node for node in module.body if isinstance(node, ast.FunctionDef))
    found = [_paragraph(node, names) for node in functions if node.name.startswith("test_")]
    return ast.get_docstring(module) or source.stem, found


def _paragraph(function: ast.FunctionDef, names: Names) -> Paragraph:
    cases = [case for mark in reversed(function.decorator_list) if (case := _case(mark, names))]
    own = names | {name: Code(name) for case in cases for name in case.names}
    sentence = function.name.removeprefix("test_").replace("_", " ").capitalize()
    return Paragraph(sentence, cases, list(_runs(function.body, own)))


def _case(mark: ast.expr, names: Names) -> Case | None:
    """What `pytest.mark.parametrize` gives, with the ids where there are some."""
    if not (isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("parametrize")):
        return None
    named, values = (value_of(node, names) for node in mark.args)
    argnames = [named] if isinstance(named, str) else list(named)
    if isinstance(values, Code):
        return Case(argnames, [[values]])
    rows = [list(row) if len(argnames) > 1 else [row] for row in values]
    ids = next((value_of(word.value, names) for word in mark.keywords if word.arg == "ids"), None)
    if ids is None:
        return Case(argnames, rows)
    return Case(["", *argnames], [[label, *row] for label, row in zip(ids, rows, strict=True)])


def _assigned(body: list[ast.stmt], names: Names) -> Names:
    """The names with what simple assignments add to them."""
    found = dict(names)
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {each.id: value_of(node.value, found) for each in targets if isinstance(each, ast.Name)}
    return found


def _runs(body: list[ast.stmt], names: Names) -> Iterator[Run]:
    known = dict(names)
    for statement in body:
        if isinstance(statement, ast.For):
            yield from _runs(statement.body, known)
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and _decides(node.func):
                yield _run(node, known)
        known |= _assigned([statement], known)


def _decides(function: ast.expr) -> bool:
    """`decides(…)`, or `deciding(other rules)(…)`."""
    if isinstance(function, ast.Call):
        return isinstance(function.func, ast.Name) and function.func.id == "deciding"
    return isinstance(function, ast.Name) and function.id == "decides"


def _run(call: ast.Call, names: Names) -> Run:
    words: Names = {}
    for word in call.keywords:
        value = value_of(word.value, names)
        words |= {word.arg: value} if word.arg else _dict(value)
    records = value_of(call.args[0], names) if call.args else ""
    given: Names = {name: words.pop(name) for name in GIVEN if name in words}
    return Run(records, given, words)


def _dict(value: Any) -> Names:
    return value if isinstance(value, dict) else {}


def value_of(node: ast.expr, names: Names) -> Any:
    """The value of an expression of literals and known names; anything else as `Code`."""
    found: Any
    match node:
        case ast.Constant(value=value):
            found = value
        case ast.Name(id=name) if name in names:
            found = names[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            found = [each for item in items for each in _items(item, names)]
        case ast.Dict(keys=keys, values=values):
            found = _pairs(keys, values, names)
        case ast.BinOp(left=left, right=right, op=ast.Add() | ast.BitOr()):
            found = _joined(value_of(left, names), value_of(right, names), node)
        case ast.JoinedStr(values=parts):
            found = "".join(_part(part, names) for part in parts)
        case ast.Call():
            found = _called(node, names)
        case _:
            found = Code(ast.unparse(node))
    return found


def _called(call: ast.Call, names: Names) -> Any:
    match call:
        case ast.Call(func=ast.Attribute(value=text, attr="format"), args=given):
            return str(value_of(text, names)).format(*(value_of(each, names) for each in given))
        case ast.Call(func=ast.Name(id="Gaps"), keywords=words):
            return {str(word.arg): value_of(word.value, names) for word in words}
    return Code(ast.unparse(call))


def _items(node: ast.expr, names: Names) -> list[Any]:
    if isinstance(node, ast.Starred):
        found = value_of(node.value, names)
        return found if isinstance(found, list) else [found]
    return [value_of(node, names)]


def _pairs(keys: list[ast.expr | None], values: list[ast.expr], names: Names) -> Names:
    found: Names = {}
    for key, node in zip(keys, values, strict=True):
        value = value_of(node, names)
        found |= _dict(value) if key is None else {str(value_of(key, names)): value}
    return found


def _joined(left: Any, right: Any, node: ast.expr) -> Any:
    if isinstance(left, dict) and isinstance(right, dict):
        return left | right
    if isinstance(left, dict) and isinstance(right, Code):
        return left | {"…": right}
    if isinstance(left, str) and isinstance(right, str) and not isinstance(left, Code):
        return left + (f"{{{right}}}" if isinstance(right, Code) else right)
    return Code(ast.unparse(node))


def _part(node: ast.expr, names: Names) -> str:
    if isinstance(node, ast.FormattedValue):
        value = value_of(node.value, names)
        return f"{{{value}}}" if isinstance(value, Code) else str(value)
    return str(value_of(node, names))
