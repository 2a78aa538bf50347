"""Texts without a container: plain, delimited, captions, reStructuredText.

Takes bytes; gives a document. Read `text.py` first.
"""
