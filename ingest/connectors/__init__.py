"""Takes: an address, options without secrets, readers of last resort. Gives: sources, see `ingest/source.py`.

Never reads a file's content and never writes to a source. Connects only where `addresses.py` allows.
Read `client.py` first: everything that speaks HTTP goes through it.
"""
