"""Neural models: the embedder and the generators.

Takes texts and passages; gives vectors and drafted sentences. Never searches and never uses a
database. Read `embedding/embedder.py` and `generator.py` first.
"""
