"""From sources to committed document versions.

Takes folders and uploads; gives document versions with chunks, embeddings and permissions in one
transaction each. Never answers a question. Read `pipeline.py` first.
"""
