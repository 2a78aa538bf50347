"""Where documents come from: folders, uploads, and servers elsewhere.

Takes an address, options without secrets, readers of last resort; gives sources, see `source.py`.
Never reads a file's content and never writes to a source. Connects only where `http/guard.py` allows.
Read `source.py` first, then `http/client.py`: everything that speaks HTTP goes through it.
"""
