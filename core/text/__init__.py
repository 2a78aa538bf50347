"""The analysis of text: words, sentences, identifiers and filters.

Takes text; gives words, identifiers and labels. Never opens a file or a database. Read `language.py`
first.
"""
