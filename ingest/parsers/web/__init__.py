"""Web pages and formats like them: HTML, Markdown, e-books.

Takes bytes; gives a document. Never fetches anything. Read `html.py` first.
"""
