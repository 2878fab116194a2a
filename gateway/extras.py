"""The one place that loads an optional extra: by its name, and only when the configuration asks for it."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final

from gateway.errors import ConfigError


@dataclass(frozen=True)
class Extra:
    """What `pip install certification-gateway[NAME]` adds: our modules by their use, and what they need."""

    needs: str
    modules: dict[str, str]


EXTRAS: Final = {
    "spark": Extra("pyspark", {"decide": "gateway.decide.spark", "pages": "gateway.intake.spark"}),
}


def load(extra: str, use: str) -> ModuleType:
    """The module of an extra.

    Raises:
        ConfigError: what it needs is not installed; the message says how to.
    """
    asked = EXTRAS[extra]
    if find_spec(asked.needs) is None:
        raise ConfigError(
            f"{extra} is asked for and not installed: run `pip install certification-gateway[{extra}]`"
        )
    return import_module(asked.modules[use])
