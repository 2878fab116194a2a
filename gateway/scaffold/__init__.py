"""Writes a department's package: from what was asked and from sample files to code, samples and README.

Sample files may hold real people: only column names, titles and codes ever leave them, never another value.
"""
