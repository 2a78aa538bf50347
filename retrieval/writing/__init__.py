"""How an answer is written: sentence after sentence, each checked before it is told.

Takes a question, passages and a generator; gives the sentences of an answer with their proofs. Never says
what the citation check has not let pass. Read `writer.py` first.
"""
