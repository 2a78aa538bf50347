"""Negations, modals, conditions and quantifiers, and what each governs. Read `governing.py` first."""
