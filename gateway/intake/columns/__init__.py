"""The column interpreter of a mapping: the same as `gateway.intake.interpret`, a whole page at a time.

It takes only what it can prove to treat as the row interpreter would: a page or a row of which that cannot
be shown goes row by row, and so does every row that breaks a rule.
"""
