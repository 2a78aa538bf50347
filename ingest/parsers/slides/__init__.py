"""Presentations: each slide is a page.

Takes bytes; gives a document. Read `pptx.py` first.
"""
