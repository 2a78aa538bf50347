"""Workbooks: each sheet is a page.

Takes bytes; gives a document. Never computes a formula. Read `xlsx.py` first.
"""
