"""How the lines of a PDF's pages follow each other: what repeats at their edges, what goes on over a break.

Takes the lines and blocks of single pages; gives those of the document. Read `furniture.py` first.
"""
