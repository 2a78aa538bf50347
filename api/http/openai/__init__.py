"""The routes that OpenAI's clients know: `/v1/chat/completions`, `/v1/embeddings`, `/v1/models`.

They translate; what is answered is decided by the same use cases as for `/v1/ask`. Read `chat.py` first.
"""
