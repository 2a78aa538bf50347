"""The paged engine: one mixture-of-experts model, many requests, one step at a time.

Takes token ids with sampling wishes; gives tokens, each request's exactly once and in order.
Never builds a prompt, never sees a passage. Read `engine.py` first: `step()` is the whole story.
"""
