"""Choosing the next token of each sequence from its logits.

A sequence's choice depends on its own logits, seed and position only: chance is one number in
[0, 1) hashed from seed and position, looked up in the cumulative distribution. So a preempted
request, or one with other batch mates, goes on as it would have done.
"""

from collections.abc import Sequence as Many
from hashlib import blake2b

import numpy as np
import torch
from torch import Tensor

from llm.engine.engine import Sample
from llm.engine.request import TokenLogprob
from llm.engine.sequence import Sequence

_UNIFORM_BITS = 53  # what a float64 holds exactly


def sample(logits: Tensor, sequences: Many[Sequence]) -> list[Sample]:
    """Return a sample for each row of `logits` `(s, vocabulary)` float32."""
    sound = torch.isfinite(logits).all(-1).tolist()
    steered = _steer(logits, sequences)
    errors = _errors(sound, steered)
    tokens = _choose(steered, sequences, errors)
    logprobs = _logprobs(logits, tokens, sequences)
    return [Sample(*answer) for answer in zip(tokens, logprobs, errors, strict=True)]


def uniform(seed: int, position: int) -> float:
    """Return the number in [0, 1) that decides the token at `position`."""
    digest = blake2b(f"{seed}:{position}".encode(), digest_size=8).digest()
    return float(int.from_bytes(digest, "little") >> (64 - _UNIFORM_BITS)) / (1 << _UNIFORM_BITS)


def _steer(logits: Tensor, sequences: Many[Sequence]) -> Tensor:
    """Return the logits with penalties applied and tokens that a grammar forbids at minus infinity."""
    guided = [row for row, sequence in enumerate(sequences) if sequence.matcher is not None]
    penalized = [row for row, sequence in enumerate(sequences) if sequence.request.sampling.penalized]
    if not guided and not penalized:
        return logits
    steered = logits.clone()
    for row in penalized:
        _penalize(steered[row], sequences[row])
    if guided:
        masks = [_mask(sequences[row]) for row in guided]
        allowed = torch.from_numpy(_unpack(masks, logits.shape[1])).to(logits.device)
        rows = torch.tensor(guided, device=logits.device)
        steered[rows] = steered[rows].masked_fill(~allowed, float("-inf"))
    return steered


def _mask(sequence: Sequence) -> bytes:
    """Return what a sequence's grammar allows; nothing if the grammar trips, which ends that row alone."""
    try:
        return sequence.matcher.allowed() if sequence.matcher else b""
    except Exception:  # the vendor's matcher raises what it likes
        return b""


def _unpack(masks: Many[bytes], vocabulary: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return one row of booleans for each bit mask, as wide as the vocabulary; bits beyond a mask are off."""
    allowed = np.zeros((len(masks), vocabulary), dtype=np.bool_)
    for row, mask in enumerate(masks):
        bits = np.unpackbits(np.frombuffer(mask, np.uint8), bitorder="little")[:vocabulary]
        allowed[row, : len(bits)] = bits
    return allowed


def _penalize(logits: Tensor, sequence: Sequence) -> None:
    """Lower, in place, the logits of tokens that occurred: repetition as in CTRL (section 4.1), over
    prompt and answer; presence and frequency as in OpenAI's interface, over the answer."""
    wish = sequence.request.sampling
    seen = torch.tensor(sorted(set(sequence.tokens)), device=logits.device)
    values = logits[seen]
    logits[seen] = torch.where(values > 0, values / wish.repetition_penalty, values * wish.repetition_penalty)
    if sequence.output:
        tokens, counts = torch.tensor(sequence.output, device=logits.device).unique(return_counts=True)  # type: ignore[no-untyped-call]
        logits[tokens] -= wish.presence_penalty + wish.frequency_penalty * counts


def _errors(sound: Many[bool], steered: Tensor) -> list[str]:
    possible = (steered > float("-inf")).any(-1).tolist()
    return [
        "the model's logits are not finite" if not finite else "" if some else "the grammar leaves no token"
        for finite, some in zip(sound, possible, strict=True)
    ]


def _choose(logits: Tensor, sequences: Many[Sequence], errors: Many[str]) -> list[int]:
    tokens: list[int] = logits.nan_to_num(float("-inf"), float("-inf")).argmax(-1).tolist()
    for row, sequence in enumerate(sequences):
        if not sequence.request.sampling.greedy and not errors[row]:
            tokens[row] = _draw(logits[row], sequence)
    return tokens


def _draw(logits: Tensor, sequence: Sequence) -> int:
    """Return a token drawn from one row of logits, filtered in the order top-k, top-p, min-p."""
    wish = sequence.request.sampling
    chance = uniform(wish.seed, len(sequence.tokens))
    scaled = logits.double() / wish.temperature
    if not wish.top_k and wish.top_p == 1:
        return _at(scaled.softmax(-1), wish.min_p, chance)
    ordered, tokens = scaled.sort(descending=True, stable=True)
    probabilities = ordered[: wish.top_k or None].softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    probabilities = probabilities.masked_fill(before >= wish.top_p, 0.0)
    return int(tokens[_at(probabilities, wish.min_p, chance)])


def _at(probabilities: Tensor, min_p: float, chance: float) -> int:
    """Return where `chance` falls; probabilities below `min_p` of the largest do not count."""
    kept = probabilities.masked_fill(probabilities < min_p * probabilities.max(), 0.0)
    cumulative = kept.cumsum(-1)
    found = int(torch.searchsorted(cumulative, cumulative[-1] * chance, right=True))
    # Rounding may point behind the last possible token.
    return min(found, int(kept.nonzero()[-1]))


def _logprobs(logits: Tensor, tokens: Many[int], sequences: Many[Sequence]) -> list[TokenLogprob | None]:
    reports: list[TokenLogprob | None] = [None] * len(sequences)
    for row, sequence in enumerate(sequences):
        alternatives = sequence.request.sampling.logprobs
        if alternatives is not None:
            normalized = logits[row].log_softmax(-1)
            values, indices = normalized.topk(min(alternatives, len(normalized)))
            top = tuple(zip(indices.tolist(), values.tolist(), strict=True))
            reports[row] = TokenLogprob(tokens[row], float(normalized[tokens[row]]), top)
    return reports
