"""How events leave the gateway."""
