"""Web pages and what is written like them: HTML, Markdown, books.

Takes bytes; gives a document. Never fetches anything. Read `html.py` first.
"""
