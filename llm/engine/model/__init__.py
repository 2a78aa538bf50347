"""One step of the neural model: batch in, one sampled token for each sequence out.

Takes batches; gives tokens and what a model stores for each. Never chooses what runs. Read `runner.py`
first.
"""
