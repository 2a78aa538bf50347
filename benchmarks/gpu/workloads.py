"""Phases of whole requests: shared prefixes, grammars, and other ways to run the same model."""

import time
from collections.abc import Callable, Iterator

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedModel

from benchmarks.engine import Job, Tokens, continuous_batching, jobs, static_batches
from benchmarks.gpu.bench import Bench, Figure, add, run_out
from llm.engine.engine import Engine
from llm.engine.request import Guide, GuideKind
from llm.engine.text.grammar import Grammars

# Lines that each end in a marker, as an answer with citations has them.
_CITING = Guide(GuideKind.REGEX, r"([a-z ]{1,60}\[[1-9]\]\n)+")
_GUIDED_BATCH = 64
_PEERS = (
    ("static generate", static_batches, 3.0, 6.0),
    ("transformers' batching", continuous_batching, 2.0, 4.0),
)


def prefix(bench: Bench) -> Iterator[Figure]:
    """Time to the first token with a shared prefix over a cold one, one request at a time."""
    extent = bench.extent
    for shape in bench.shapes:
        with bench.engine(shape, 4, extent.shared + extent.own + 64) as engine:
            times: tuple[list[float], list[float]] = ([], [])
            for repeat in range(extent.repeats + 1):
                (shared,) = bench.prompts(1, extent.shared, seed=repeat)
                for kind in times:
                    (own,) = bench.prompts(1, extent.own, seed=len(kind) + 1000 * (kind is times[1]))
                    add(engine, [shared + own], 1)
                    kind.append(run_out(bench, engine).first_seconds[0])
        # The first round compiles.
        cold, hit = (sorted(kind[1:])[extent.repeats // 2] for kind in times)
        what = (
            f"{shape}: first token, {extent.shared} of {extent.shared + extent.own} tokens known, over cold"
        )
        yield Figure(
            what=what,
            value=hit / cold,
            unit="",
            floor=0.25,
            aim=0.10,
            at_most=True,
            note=f"{hit * 1e3:.1f} and {cold * 1e3:.1f} ms",
        )


def rag(bench: Bench) -> Iterator[Figure]:
    """Questions over the same documents: nine tenths of each prompt shared, over no sharing."""
    extent = bench.extent
    batch = min(16, extent.requests)
    for shape in bench.shapes:
        rates = []
        for share in (False, True):
            length = extent.shared + extent.own + extent.answer
            with bench.engine(shape, batch, length, share_prefixes=share) as engine:
                add(engine, bench.prompts(batch, extent.own), 2)
                run_out(bench, engine)
                whole = extent.shared + extent.own
                (shared,) = bench.prompts(1, whole * 9 // 10)
                owns = bench.prompts(extent.requests, whole - len(shared), seed=2)
                add(engine, [shared + own for own in owns], extent.answer)
                done = run_out(bench, engine)
                rates.append(done.tokens / done.seconds)
        apart, together = rates
        note = f"{together:.0f} and {apart:.0f} tokens/s, {extent.requests} requests"
        yield Figure(
            what=f"{shape}: 90 % shared over nothing shared",
            value=together / apart,
            unit="x",
            floor=2,
            aim=4,
            note=note,
        )


def guided(bench: Bench) -> Iterator[Figure]:
    """Answers under a grammar over free ones."""
    extent = bench.extent
    batch = min(_GUIDED_BATCH, extent.requests * 2)
    for shape in bench.shapes:
        grammars = Grammars(_tokenizer(bench.shapes[shape].vocab_size), 0)
        rates = []
        for kind in ("free", "guided"):
            with bench.engine(shape, batch, extent.own + extent.answer + 8) as engine:
                for repeat in (0, 1):  # the first compiles
                    matchers = [grammars.matcher(_CITING) for _ in range(batch)] if kind == "guided" else []
                    add(engine, bench.prompts(batch, extent.own, seed=repeat), extent.answer, matchers)
                    done = run_out(bench, engine)
                rates.append(done.tokens / done.seconds)
        free, bound = rates
        note = f"{bound:.0f} and {free:.0f} tokens/s"
        yield Figure(
            what=f"{shape} batch {batch}: guided over free",
            value=bound / free,
            unit="",
            floor=0.95,
            note=note,
        )


def peers(bench: Bench) -> Iterator[Figure]:
    """The engine over static `generate` and over transformers' continuous batching, on the same requests."""
    for shape in bench.shapes:
        work = jobs(bench.extent.requests, vocabulary=bench.shapes[shape].vocab_size)
        ours = _engine_rate(bench, shape, work)
        for name, answer, floor, aim in _PEERS:
            what = f"{shape}: engine over {name}"
            try:
                theirs = _rate(bench, bench.model(shape), answer, work)
            except (RuntimeError, ValueError) as error:
                note = f"it fails: {str(error).splitlines()[0][:80]}"
                yield Figure(what=what, value=float("nan"), unit="x", floor=floor, aim=aim, note=note)
                continue
            yield Figure(
                what=what,
                value=ours / theirs,
                unit="x",
                floor=floor,
                aim=aim,
                note=f"{ours:.0f} and {theirs:.0f} tokens/s",
            )


def _engine_rate(bench: Bench, shape: str, work: list[Job]) -> float:
    longest = max(len(prompt) + new for prompt, new in work)
    with bench.engine(shape, min(len(work), 64), longest + 8) as engine:
        _answer(bench, engine, work[:2])
        engine.pool.forget_all()
        return _answer(bench, engine, work)


def _answer(bench: Bench, engine: Engine, work: list[Job]) -> float:
    add(engine, [prompt for prompt, _ in work], [new for _, new in work])
    done = run_out(bench, engine)
    return done.tokens / done.seconds


def _rate(
    bench: Bench, model: PreTrainedModel, answer: Callable[[PreTrainedModel, list[Job]], list[Tokens]],
    work: list[Job],
) -> float:  # fmt: skip
    model.set_experts_implementation("grouped_mm")  # not ours, which an engine has left there
    answer(model, work[:2])
    bench.wait()
    start = time.perf_counter()
    answer(model, work)
    bench.wait()
    return sum(new for _, new in work) / (time.perf_counter() - start)


def _tokenizer(vocabulary: int) -> Tokenizer:
    """Return a byte-level tokenizer of that many tokens: the bytes, then made-up words."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = "etaoinsrhldcumfpgwybvkxjqz"
    words: dict[str, int] = {"<|end|>": 0} | {sign: place + 1 for place, sign in enumerate(alphabet)}
    number = 0
    while len(words) < vocabulary:
        number += 1
        word, rest = "", number * 7919
        while rest:
            rest, place = divmod(rest, len(letters))
            word += letters[place]
        words.setdefault(("Ġ" if number % 2 else "") + word, len(words))
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=[]))
    tokenizer.add_special_tokens([AddedToken("<|end|>", special=True)])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
