"""Answers to questions in people's own words: `python -m benchmarks.answers`.

Takes `questions.{train,report}.jsonl` and the corpora of `VADE_DATA`; gives the figures of
`retrieval/judge/answer_evaluation.py`. `train` is for choosing, `report` for reporting: no document of
one is in the other. Read `report.py` first.
"""
