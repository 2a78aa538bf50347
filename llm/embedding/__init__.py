"""Texts to vectors: models in this process, or behind a URL.

Takes texts; gives unit vectors of one model. Never chooses the texts. Read `embedder.py` first.
"""
