"""Trees of files on servers: Git, S3, WebDAV, and the rules in them.

Takes an address; gives files with their readers. Read `remote_tree.py` and `rules.py` first.
"""
