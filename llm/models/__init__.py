"""Models to choose from: a catalogue, downloads and checks.

Takes names and folders; gives facts and figures. Downloads only on request. Read `catalogue.py` first.
"""
