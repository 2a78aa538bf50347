"""The HTTP interface: one router for each subject.

Takes requests; gives JSON or server-sent events. A handler calls one use case. Read `server.py` first.
"""
