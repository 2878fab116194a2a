"""The rules of POLICY.md as typed values, each with the clause it rests on."""

from gateway.policy.entries import Benefit, Channel, County, Effect, Ground, GroundName, Method
from gateway.policy.load import load_policy
from gateway.policy.rules import Policy, effect_of

__all__ = [
    "Benefit",
    "Channel",
    "County",
    "Effect",
    "Ground",
    "GroundName",
    "Method",
    "Policy",
    "effect_of",
    "load_policy",
]
