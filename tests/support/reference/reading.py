"""What the code says about itself: signatures, docstrings, and the line below a field."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, get_args


@dataclass(frozen=True)
class Attribute:
    """A field of a class as its source has it."""

    name: str
    annotation: str
    default: str | None
    doc: str


def signature(called: Callable[..., Any], name: str | None = None) -> str:
    """The live argument names and defaults, without annotations: `lookup(name, table, otherwise=None)`."""
    found = inspect.signature(called)
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in found.parameters.values()]
    shown = found.replace(parameters=bare, return_annotation=inspect.Signature.empty)
    return f"{name or called.__name__}{shown}"


def sentence(documented: object) -> str:
    """The docstring's first paragraph on one line."""
    return " ".join((inspect.getdoc(documented) or "").split("\n\n")[0].split())


def attributes(cls: type) -> list[Attribute]:
    """The annotated fields of a class and of what it derives from, a later one in place of an earlier."""
    found: dict[str, Attribute] = {}
    for each in reversed(cls.__mro__):
        if each.__module__.startswith(cls.__module__.split(".", maxsplit=1)[0] + "."):
            found |= {attribute.name: attribute for attribute in _own(each)}
    return list(found.values())


def attribute_docs(cls: type) -> dict[str, str]:
    """The line below each field of a class, by the field's name."""
    return {attribute.name: attribute.doc for attribute in attributes(cls)}


def constant_docs(module: ModuleType) -> dict[str, str]:
    """The line below each constant of a module, by the constant's name."""
    body = ast.parse(inspect.getsource(module)).body
    return {
        name: _doc(body, place)
        for place, node in enumerate(body)
        for name in _assigned(node)
        if _doc(body, place)
    }


def aliases(module: ModuleType, names: Sequence[str]) -> dict[str, str]:
    """What each of these type aliases of a module stands for, as its source has it."""
    body = ast.parse(inspect.getsource(module)).body
    found = {
        name: ast.unparse(node.value)
        for node in body
        if isinstance(node, ast.Assign)
        for name in _assigned(node)
    }
    return {name: found[name] for name in names}


def literals(annotation: object) -> list[str]:
    """The texts that an annotation allows, in their order; none when it allows any."""
    found: list[str] = []
    for member in (annotation, *get_args(annotation)):
        found += [each for each in get_args(member) if isinstance(each, str) and each not in found]
    return found


def _own(cls: type) -> list[Attribute]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    if not isinstance(tree, ast.ClassDef):
        return []
    return [
        Attribute(
            node.target.id,
            ast.unparse(node.annotation),
            ast.unparse(node.value) if node.value else None,
            _doc(tree.body, place),
        )
        for place, node in enumerate(tree.body)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]


def _assigned(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _doc(body: list[ast.stmt], place: int) -> str:
    below = body[place + 1] if place + 1 < len(body) else None
    said = below.value if isinstance(below, ast.Expr) else None
    return (
        " ".join(said.value.split()) if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
    )
