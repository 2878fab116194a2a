"""Whole months by the gateway's own commands: roster, sync, decide, publish."""
