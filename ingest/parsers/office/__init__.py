"""The common ground of Office files: container, parts, charts, formulas, old formats.

Takes bytes; gives markup that is safe to read. Never follows a link. Read `container.py` first.
"""
