"""The HTTP side: what subscribers and probes ask."""
