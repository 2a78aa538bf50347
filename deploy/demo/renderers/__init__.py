"""Takes a source text, gives a finished document file. Read blocks.py first."""
