"""Forms that are filled in: each field stands with its label, as a row of a table.

Takes the lines of a page and its fields; gives lines. Never opens a file. Read `rows.py` first.
"""
