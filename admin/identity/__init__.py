"""Use cases of accounts: adding them, keys, signing in, and finding out who makes a request.

Every edge calls these; none decides by itself who somebody is. Read `callers.py` first.
"""
