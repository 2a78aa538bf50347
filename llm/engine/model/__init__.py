"""One step of the neural model: batch in, one sampled token for each sequence out.

Takes plans and batches; gives samples. Never chooses which requests run. Read `runner.py` first.
"""
