"""The word index, and how much each word of a question counts.

Takes entries and scopes; gives hits by BM25. Never reads the database. Read `tantivy_index.py` first.
"""
