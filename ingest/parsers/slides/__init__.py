"""Presentations: a page is a slide.

Takes bytes; gives a document. Read `pptx.py` first.
"""
