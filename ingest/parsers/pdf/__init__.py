"""PDF: from the characters of pages with their boxes to blocks in reading order.

Takes bytes or the characters of pictures; gives a document. Only `pdfium.py` and the folder `drawn` import
PDFium. Read `parser.py` first.
"""
