"""HTTP for sources: bounded, polite, and only to allowed addresses.

Takes requests; gives bounded answers. Never connects where `guard.py` does not allow. Read `client.py`
first.
"""
