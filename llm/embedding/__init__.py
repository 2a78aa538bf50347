"""Texts to vectors: models in this process, or behind a URL.

Takes texts; gives unit vectors of one model. Never decides what is embedded. Read `embedder.py` first.
"""
