"""Dense indexes: vectors in memory, on a GPU or on a Milvus server, filtered during the search.

Takes entries and scopes; gives hits. Never reads the database. Read `kinds.py` first.
"""
