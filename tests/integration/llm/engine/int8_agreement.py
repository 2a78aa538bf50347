"""Measures how far a trained model's answers over INT8 pages agree with those over exact ones.

    cd tests && python -m integration.llm.engine.int8_agreement [grouped|latent]

Trains first: less than a minute for `grouped`, two for `latent`.
"""

import sys
from dataclasses import dataclass

import torch
from integration.llm.chat import citing_model

from core.settings import EngineSettings
from llm.engine.build import page_model
from llm.engine.model.attention import detach
from llm.engine.model.layout import watch_layout
from llm.engine.request import GenerationRequest
from llm.engine.scheduling.plan import Plan, Row
from llm.engine.scheduling.sequence import Sequence
from llm.engine.seams.choice import choose_seams
from llm.engine.tensors.batch import pack

PAGE = 8


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """`right` is the share of answer tokens that the exact model gets right, the rest compares both."""

    right: float
    top_1: float
    mean_kl: float
    rounded: bool


def agreement(model, records, count=48):
    """Return the agreement of exact and rounded logits over `count` texts, given the correct prefix."""
    examples = citing_model.examples(count, torch.Generator().manual_seed(99), records)
    answers = citing_model.answer_mask(examples, records)
    first = int(answers.nonzero()[0])
    exact, rounded = (
        taught(model, kv_dtype, examples, first)[:, answers[first:]] for kv_dtype in ("model", "int8")
    )
    divergence = (exact.softmax(-1) * (exact.log_softmax(-1) - rounded.log_softmax(-1))).sum(-1).mean()
    return Agreement(
        right=float((exact.argmax(-1) == examples[:, answers]).float().mean()),
        top_1=float((exact.argmax(-1) == rounded.argmax(-1)).float().mean()),
        mean_kl=float(divergence),
        rounded=not torch.equal(exact, rounded),
    )


def taught(model, kv_dtype, examples, first):
    """Return `(count, t - first, vocabulary)` float32 logits of each place from `first` on.

    What stands before `first` goes in as a chunk, the rest token by token, all of it as it should be.
    """
    settings = EngineSettings(page_tokens=PAGE, pages=512, kv_dtype=kv_dtype, max_sequences=64)
    detach(model)
    layout = watch_layout(model)
    forward = page_model(model, layout, settings.pages, settings, choose_seams("torch", model.device))
    sequences, each = [], -(-examples.shape[1] // PAGE)
    for number, tokens in enumerate(examples.tolist()):
        sequences.append(Sequence(number, GenerationRequest(prompt=tuple(tokens)), 0.0))
        sequences[-1].pages = list(range(number * each, (number + 1) * each))
    logits, start = [], 0
    for stop in range(first, examples.shape[1]):
        for sequence, tokens in zip(sequences, examples.tolist(), strict=True):
            sequence.tokens = tokens[:stop]
        rows = tuple(Row(sequence, start, stop) for sequence in sequences)
        logits.append(forward(pack(Plan(rows), PAGE, torch.device("cpu"))))
        start = stop
    return torch.stack(logits, 1)


if __name__ == "__main__":
    torch.set_num_threads(1)
    course = citing_model.COURSES[sys.argv[1] if len(sys.argv) > 1 else "grouped"]
    print(agreement(citing_model.train(course), course.records))
