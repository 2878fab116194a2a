"""A seeded synthetic province, the simulated hub that serves it, and the justice file drop.

Everything here is invented: identity numbers carry correct check digits under region codes `99xxxx`,
which no county has. Nothing in this package shares code with the side that opens pages.
"""
