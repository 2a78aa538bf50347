"""Parsing of hostile files in confined processes, which can do little harm and can be killed.

Takes bytes and a name; gives a `ParsedDocument` or a plain reason. Never exposes the service to the
effects of a file on its parser. Read `pool.py` first, then `confinement.py`.
"""
