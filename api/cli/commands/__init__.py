"""The commands of `vade`, one file for each group; `api/cli/main.py` loads each when it is called."""
