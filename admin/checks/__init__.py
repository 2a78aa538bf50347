"""Proofs that database and indexes agree.

Takes the database and the indexes; gives findings. Never mends unasked. Read `check.py` first.
"""
