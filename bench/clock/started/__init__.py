"""On the path of a process that is to live by another clock."""
