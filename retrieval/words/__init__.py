"""The word index, and the weights of the words of a question.

Takes entries and scopes; gives hits by BM25. Never reads the database. Read `tantivy_index.py` first.
"""
