"""The accuracy bench: monthly runs over people whose truth is known, and how often the rules are right."""
