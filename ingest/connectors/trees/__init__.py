"""Trees of files elsewhere: Git, S3, WebDAV, and the rules that lie in them.

Takes an address; gives files with their readers. Read `remote_tree.py` and `rules.py` first.
"""
