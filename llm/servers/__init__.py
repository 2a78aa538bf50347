"""Clients of model servers: retries, time limits and a circuit breaker.

Takes requests; gives answers, or errors of ours. Never retries without a limit. Read `model_server.py`
first.
"""
