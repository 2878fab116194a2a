"""Keys of a serving side that guards nothing."""

from typing import Final

from gateway.crypto.serving import ServingKeys

KEYS: Final = ServingKeys(b"a secret of tests, not a secret at all")
