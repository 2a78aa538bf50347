"""A chat model of this machine behind OpenAI's protocol: `vade model serve --engine`.

Takes HTTP requests; gives what the engine writes. Knows no documents, and checks no answer. Read
`server.py` first.
"""
