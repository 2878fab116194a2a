"""One run, start to end: sync (fetch, open, read, settle), decide, publish."""
