"""Lets commands, and every process that they start, live at another time than this machine's.

What counts by the calendar (rows received within the last month, evidence of two years ago, events of ninety
days) counts so in a bench that takes two years within an hour. Time goes on as it does; only where it began
is another. What measures how long something takes is not touched.
"""
