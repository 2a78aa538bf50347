"""A sentence and what it cites, in; whether the cited text says the same, out.

Gives a verdict with its reason, and the sentence without what its source does not say. Never looks beyond the
text it is given. Read `check.py` first.
"""
