"""Benches: what the gateway's rules come to when much is known."""
