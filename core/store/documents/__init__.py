"""Documents and their versions: written, read under a scope, put behind a gate, described.

Takes a session and values; gives values. Never commits, and reads without a scope only for ingestion and
operators. Read `writing.py` and `reading.py` first.
"""
