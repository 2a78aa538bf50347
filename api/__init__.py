"""The edges: command line, HTTP and the page.

Takes arguments and requests; calls one use case for each and gives its result. Decides nothing. Read
`app.py`, the one place where the parts are put together, first.
"""
