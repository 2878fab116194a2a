"""The same rules in plain Python, one person at a time, to be read beside POLICY 3.

It is not run on the roster: a property test holds it equal to the expression. Rows are mappings by column
name (EVIDENCE, ROSTER, DECIDED, LEDGER); days are days in Asia/Shanghai.
"""

from gateway.decide.reference.person import decide_person

__all__ = ["decide_person"]
