"""What was measured, for people: a table and plots in docs/performance.md."""
