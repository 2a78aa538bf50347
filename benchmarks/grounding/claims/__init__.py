"""How often the check of claims accepts what a source does not say, and rejects what it says.

Pairs of a sentence and its source, half true and half false, made from the public sets by controlled edits,
and human answers where a set has them. Read `pairs.py` first.
"""
