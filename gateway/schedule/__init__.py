"""What `gateway serve` runs by itself: the monthly run and each dataset's sync, and the alarms about them."""
