"""The edges: command line, HTTP and the page.

Takes requests; gives what the folders below answer. Holds no logic of its own. Read `app.py`, the
one place where parts are put together, first.
"""
