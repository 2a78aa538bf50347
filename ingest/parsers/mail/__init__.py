"""Messages and their attachments.

Takes bytes; gives a document and the files inside it. Never opens a link. Read `eml.py` first.
"""
