"""Word lists of English and Chinese, and which words agree or exclude each other. Read `lookup.py` first."""
