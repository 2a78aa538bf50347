"""Text and tokens: chat templates, grammars, and text decoded token by token.

Takes conversations and token ids; gives token ids and text. Never runs a model. Read `tokens.py` first.
"""
