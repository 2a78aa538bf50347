"""Accounts, their groups, keys, sessions and sign-in links; everything inside the caller's transaction.

Takes and gives values. Never decides who may do what: `admin/identity` does. Read `accounts.py` first.
"""
