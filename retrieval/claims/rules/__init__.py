"""The rules that a claim and its source are compared by: each returns whether they disagree."""
