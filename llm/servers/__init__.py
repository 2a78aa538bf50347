"""Model servers elsewhere: how to be patient with them, and when to stop asking.

Takes requests; gives answers or errors in our words. Never retries without a limit. Read
`model_server.py` first.
"""
