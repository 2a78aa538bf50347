"""One file a format: bytes in, `ParsedDocument` out.

A parser never touches the network, the file system or the database. Read `base.py` first;
`formats.py` chooses the parser for a file.
"""
