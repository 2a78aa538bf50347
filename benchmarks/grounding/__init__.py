"""Whether the right thing is cited and the rest refused: `python -m benchmarks.grounding`."""
