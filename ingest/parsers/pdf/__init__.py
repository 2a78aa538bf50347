"""PDF: pages, each character with its box, to blocks in reading order.

Takes bytes or the characters of pictures; gives a document. Only `pdfium.py` knows the library. Read
`parser.py` first.
"""
