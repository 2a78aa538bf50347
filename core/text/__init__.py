"""Words, sentences, names of exact things, and filters: what a text is made of.

Takes text; gives words, identifiers and labels. Never opens a file or a database. Read `language.py`
first.
"""
