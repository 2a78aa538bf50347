"""HTTP for sources: bounded, polite, and only to allowed addresses.

Takes requests; gives bounded responses. Never connects to an address that `guard.py` refuses. Read
`client.py` first.
"""
