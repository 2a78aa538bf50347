"""Faults: the state after kills, and the time for which a deleted document can still be found."""
