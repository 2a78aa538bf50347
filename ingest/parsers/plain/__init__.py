"""Text files: plain text, delimited values, captions, reStructuredText.

Takes bytes; gives a document. Read `text.py` first.
"""
