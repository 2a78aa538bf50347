"""Connectors: folders, uploads and servers as sources of documents.

Takes an address, options without secrets, default readers; gives sources, see `source.py`.
Never reads a file's content and never writes to a source. Connects only where `http/guard.py` allows.
Read `source.py` first, then `http/client.py`: every connector that speaks HTTP uses it.
"""
