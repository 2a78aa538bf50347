"""Use cases of the person who runs the system.

Takes the database and the parts that a use case needs; gives frozen values. Command line and HTTP call
the same functions. Never serves an end user. Read `sources.py` first.
"""
