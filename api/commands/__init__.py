"""The commands of `vade`, one file each; `api/cli.py` says how they are called."""
