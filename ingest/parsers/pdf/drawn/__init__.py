"""What a PDF's pages show beside their text: lines that strike it out, fields that are filled in.

Takes PDFium's open documents and pages, gives numbers and texts; never changes a page. Read `strikes.py`
first.
"""
