"""A question and passages to scores: models in this process, or behind a URL.

Takes a question and texts; gives relevance scores. Never changes an order. Read `reranker.py` first.
"""
