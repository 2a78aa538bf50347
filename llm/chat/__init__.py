"""Answers written by chat models: the prompt, the generator, and the back ends that run a model.

Takes a question and passages; gives drafted sentences with quotes to check. Never trusts a model.
Read `neural.py` first.
"""
