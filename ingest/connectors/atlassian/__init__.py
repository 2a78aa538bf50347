"""Confluence and Jira over their REST interfaces.

Takes a site and a login; gives pages and issues with their readers. Read `base.py` first.
"""
