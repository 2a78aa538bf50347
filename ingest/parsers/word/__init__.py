"""Word files: paragraphs, lists with their numbers, tables, notes.

Takes bytes; gives a document. Read `docx.py` first.
"""
