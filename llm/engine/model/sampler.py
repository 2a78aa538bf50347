"""Sampling: the next token of each sequence from its logits.

A sequence's token depends on its own logits, seed and position only: the random number in [0, 1) is
hashed from seed and position and looked up in the cumulative distribution. So a request continues
with the same tokens after a preemption and in any batch.

All work is queued on the device, and one small copy brings the tokens back, so that the host never waits
in the middle. Log-probabilities, which few requests want, cost a second copy.
"""

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence as Many
from hashlib import blake2b

import numpy as np
import torch
from torch import Tensor

from llm.engine.engine import Sample
from llm.engine.request import TokenLogprob
from llm.engine.scheduling.sequence import Sequence
from llm.engine.tensors.transfer import Arriving, to_device

_UNIFORM_BITS = 53  # the bits of a float64's mantissa


def sample(logits: Tensor, sequences: Many[Sequence]) -> list[Sample]:
    """Return a sample for each row of `logits` `(s, vocabulary)` float32."""
    return start_sampling(logits, sequences)()


def start_sampling(logits: Tensor, sequences: Many[Sequence]) -> Callable[[], list[Sample]]:
    """Queue the sampling of each row; the returned function waits for the samples."""
    steered = _steer(logits, sequences)
    tokens = _choose(steered, sequences)
    # A sum is finite only if all its terms are; computing it reads the logits once.
    sound = logits.sum(-1).isfinite()
    possible = sound if steered is logits else (steered > float("-inf")).any(-1)
    arriving = Arriving(torch.stack([tokens, sound.long(), possible.long()]))
    logprobs = _start_logprobs(logits, tokens, sequences)

    def finish() -> list[Sample]:
        chosen, finite, some = arriving.wait().tolist()
        errors = [
            "the model's logits are not finite" if not one else "" if any_ else "the grammar allows no token"
            for one, any_ in zip(finite, some, strict=True)
        ]
        return [Sample(*answer) for answer in zip(chosen, logprobs(), errors, strict=True)]

    return finish


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
        allowed = to_device(torch.from_numpy(_unpack(masks, logits.shape[1])), logits.device)
        rows = to_device(torch.tensor(guided), logits.device)
        steered[rows] = steered[rows].masked_fill(~allowed, float("-inf"))
    return steered


def _mask(sequence: Sequence) -> bytes:
    """Return the bit mask of allowed tokens; empty if the grammar fails, which ends that request only."""
    try:
        return sequence.matcher.allowed() if sequence.matcher else b""
    except Exception:  # the vendor's matcher may raise anything
        return b""


def _unpack(masks: Many[bytes], vocabulary: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return one row of booleans for each bit mask, as wide as the vocabulary; bits beyond a mask are off."""
    allowed = np.zeros((len(masks), vocabulary), dtype=np.bool_)
    for row, mask in enumerate(masks):
        bits = np.unpackbits(np.frombuffer(mask, np.uint8), bitorder="little")[:vocabulary]
        allowed[row, : len(bits)] = bits
    return allowed


def _penalize(logits: Tensor, sequence: Sequence) -> None:
    """Lower the logits of tokens that have occurred, in place.

    Repetition as in CTRL (section 4.1), over prompt and answer; presence and frequency as in OpenAI's
    interface, over the answer.
    """
    wish = sequence.request.sampling
    seen = to_device(torch.tensor(sorted(set(sequence.tokens))), logits.device)
    values = logits[seen]
    logits[seen] = torch.where(values > 0, values / wish.repetition_penalty, values * wish.repetition_penalty)
    if sequence.output:
        counts = Counter(sequence.output)
        tokens = to_device(torch.tensor(list(counts)), logits.device)
        times = to_device(torch.tensor(list(counts.values())), logits.device)
        logits[tokens] -= wish.presence_penalty + wish.frequency_penalty * times


def _choose(logits: Tensor, sequences: Many[Sequence]) -> Tensor:
    """Return a token for each row, `(s,)`: the likeliest for greedy requests, a drawn one for the others."""
    tokens = logits.argmax(-1)
    wishes = [sequence.request.sampling for sequence in sequences]
    for ordered in (False, True):
        rows = [
            row
            for row, wish in enumerate(wishes)
            if not wish.greedy and (wish.top_k > 0 or wish.top_p < 1) == ordered
        ]
        if rows:
            at = to_device(torch.tensor(rows), logits.device)
            draw = _draw_ordered if ordered else _draw
            tokens[at] = draw(logits[at], [sequences[row] for row in rows])
    return tokens


def _draw(logits: Tensor, sequences: Many[Sequence]) -> Tensor:
    """Return a token `(r,)` for each row, drawn from the tokens that min-p keeps."""
    return _fall(_scaled(logits, sequences).softmax(-1), sequences)


def _draw_ordered(logits: Tensor, sequences: Many[Sequence]) -> Tensor:
    """Return a token `(r,)` for each row, drawn after top-k, top-p and min-p, in this order."""
    vocabulary = logits.shape[1]
    ordered, tokens = _scaled(logits, sequences).sort(descending=True, stable=True)
    wishes = [sequence.request.sampling for sequence in sequences]
    most = _column([float(wish.top_k or vocabulary) for wish in wishes], logits.device)
    places = torch.arange(vocabulary, device=logits.device)
    probabilities = ordered.masked_fill(places >= most, float("-inf")).softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    enough = _column([wish.top_p for wish in wishes], logits.device)
    kept = probabilities.masked_fill(before >= enough, 0.0)
    return tokens.gather(-1, _fall(kept, sequences)[:, None])[:, 0]


def _scaled(logits: Tensor, sequences: Many[Sequence]) -> Tensor:
    temperatures = [sequence.request.sampling.temperature for sequence in sequences]
    return logits.double() / _column(temperatures, logits.device)


def _fall(probabilities: Tensor, sequences: Many[Sequence]) -> Tensor:
    """Return the place that each row draws; probabilities below min-p of the largest do not count."""
    device = probabilities.device
    least = _column([sequence.request.sampling.min_p for sequence in sequences], device)
    chances = [uniform(one.request.sampling.seed, len(one.tokens)) for one in sequences]
    kept = probabilities.masked_fill(probabilities < least * probabilities.amax(-1, keepdim=True), 0.0)
    cumulative = kept.cumsum(-1)
    found = torch.searchsorted(cumulative, cumulative[:, -1:] * _column(chances, device), right=True)[:, 0]
    # Rounding may lead past the last possible token.
    last = kept.shape[1] - 1 - kept.flip(-1).gt(0).long().argmax(-1)
    return torch.minimum(found, last)


def _column(values: list[float], device: torch.device) -> Tensor:
    """Return `(r, 1)` float64."""
    return to_device(torch.tensor(values, dtype=torch.float64)[:, None], device)


def _start_logprobs(
    logits: Tensor, tokens: Tensor, sequences: Many[Sequence]
) -> Callable[[], list[TokenLogprob | None]]:
    """Queue the log-probabilities of the rows that requested them; the returned function waits for them."""
    wanted = {
        row: min(sequence.request.sampling.logprobs, logits.shape[1])
        for row, sequence in enumerate(sequences)
        if sequence.request.sampling.logprobs is not None
    }
    if not wanted:
        return lambda: [None] * len(sequences)
    rows = to_device(torch.tensor(list(wanted)), logits.device)
    normalized = logits[rows].log_softmax(-1)
    own = normalized.gather(-1, tokens[rows, None])
    values, indices = normalized.topk(max(wanted.values()))
    numbers = Arriving(torch.cat([tokens[rows, None], indices], -1))
    logprobs = Arriving(torch.cat([own, values], -1))

    def finish() -> list[TokenLogprob | None]:
        reports: list[TokenLogprob | None] = [None] * len(sequences)
        lines = zip(wanted.items(), numbers.wait().tolist(), logprobs.wait().tolist(), strict=True)
        for (row, count), (token, *others), (logprob, *likeliest) in lines:
            top = tuple(zip(others[:count], likeliest[:count], strict=True))
            reports[row] = TokenLogprob(token, logprob, top)
        return reports

    return finish
