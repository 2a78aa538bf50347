"""Numbers, units, dates and times of day, and how they are meant. Read `finding.py` first."""
