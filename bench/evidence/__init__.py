"""What settling and deciding cost as evidence piles up, with and without compaction."""
