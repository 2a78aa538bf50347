"""The database: the only truth.

Takes sessions and values; gives documents, permissions, the change log and the job ledger as values.
Never commits: the caller does. Never decides who may read: see `core/permissions.py`. Read `tables.py` first.
"""
