"""Reads hostile files in processes that can do little harm and be killed.

Takes bytes and a name; gives a `ParsedDocument` or a plain reason. Never lets what a file does to
its reader reach the service. Read `pool.py` first, then `confinement.py`.
"""
