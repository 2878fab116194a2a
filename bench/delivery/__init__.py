"""Benches: how fast events leave."""
