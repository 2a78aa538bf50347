"""The form of an extractive answer: which lists, sections and sentences are said, and in which order.

Takes weighed candidates; gives blocks of drafted sentences. Never weighs a sentence. Read `composition.py`
first.
"""
