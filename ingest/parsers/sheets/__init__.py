"""Workbooks: a page is a sheet.

Takes bytes; gives a document. Never computes a formula. Read `xlsx.py` first.
"""
