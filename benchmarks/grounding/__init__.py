"""Grounding: how often citations and refusals are right: `python -m benchmarks.grounding`."""
