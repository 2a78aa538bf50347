"""The fallback back end: the `generate` of transformers, for models whose layers keep no pages.

Requests with equal sampling options and prompts of similar length are answered in one batch, and an
answer is streamed only when its batch is done. Every model that transformers can run works, slowly.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel, StoppingCriteria, StoppingCriteriaList

from core.errors import EngineClosedError, EngineFullError, RequestInvalidError, RequestTooLongError
from core.settings import HfSettings
from core.values.notices import Notice
from llm.engine.engine import Event
from llm.engine.loader import load_codec, load_model
from llm.engine.request import Delta, Finish, FinishReason, Sampling, Usage
from llm.engine.stream import Stream, raise_unless_answered
from llm.engine.support import context_limit
from llm.engine.text.conversation import ChatRequest
from llm.engine.text.tokens import TokenCodec

_BUCKET_TOKENS = 64  # prompts that round up to the same multiple are padded together
_RETRY_AFTER_SECONDS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class _Job:
    """A request that waits for its batch."""

    prompt: tuple[int, ...]
    """Token ids of the conversation."""
    sampling: Sampling
    deadline: float
    """The `time.monotonic()` at which the answer is cut off."""
    stream: Stream
    """Where the answer goes."""

    @property
    def bucket(self) -> tuple[int, Sampling]:
        """The key of the jobs that may share a batch."""
        options = replace(
            self.sampling, max_tokens=1, stop=(), seed=0 if self.sampling.greedy else self.sampling.seed
        )
        return -(-len(self.prompt) // _BUCKET_TOKENS), options


def open_hf(folder: Path, settings: HfSettings, device: str = "cpu", dtype: str = "auto") -> "HfChat":
    """Return the model in `folder` as a chat model. Raises: ModelError."""
    model = load_model(folder, device, dtype)
    return HfChat(folder.name, model, load_codec(folder, model), settings)


class HfChat:
    """A chat model that answers with `generate`, batch after batch, in a thread of its own."""

    guided = False
    notices: tuple[Notice, ...] = ()

    def __init__(self, name: str, model: PreTrainedModel, codec: TokenCodec, settings: HfSettings) -> None:
        self.name = name
        self.max_context_tokens = context_limit(model.config)
        self._model = model
        self._codec = codec
        self._settings = settings
        self._numbers = count()
        self._news = Condition()
        self._waiting: list[_Job] = []
        self._cancelled: set[int] = set()
        self._closing = False
        self._thread = Thread(target=self._work, name="vade-hf", daemon=True)
        self._thread.start()

    @property
    def begins_thinking(self) -> bool:
        """Whether the model's answers begin inside a thought that its chat template opens."""
        return self._codec.begins_thinking

    def check(self) -> None:
        """Look whether the thread runs. Raises: EngineClosedError if not."""
        if self._closing or not self._thread.is_alive():
            raise EngineClosedError()

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens that `text` takes."""
        return self._codec.count(text)

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """Yield the whole answer and its finish; closing the iterator cancels.

        Raises: RequestInvalidError for a grammar or an adapter, RequestTooLongError, EngineFullError,
        EngineClosedError, GenerationFailedError, DeadlineExceededError.
        """
        if request.guide is not None or request.adapter:
            raise RequestInvalidError("the hf generator supports neither grammars nor adapters")
        prompt = self._codec.encode_chat(request.messages)
        if len(prompt) + request.sampling.max_tokens > self.max_context_tokens:
            raise RequestTooLongError(
                f"a prompt of {len(prompt)} tokens and its answer do not fit the context"
            )
        stream = self._submit(prompt, request.sampling, time.monotonic() + request.timeout_seconds)
        yield from stream
        yield raise_unless_answered(stream.wait())

    def close(self) -> None:
        """Cancel the requests under way and stop the thread."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._thread.join()

    def _submit(self, prompt: tuple[int, ...], sampling: Sampling, deadline: float) -> Stream:
        with self._news:
            if self._closing:
                raise EngineClosedError()
            if len(self._waiting) > self._settings.max_waiting:
                raise EngineFullError(retry_after_seconds=_RETRY_AFTER_SECONDS)
            stream = Stream(next(self._numbers), self._cancelled.add)
            self._waiting.append(_Job(prompt=prompt, sampling=sampling, deadline=deadline, stream=stream))
            self._news.notify_all()
        return stream

    def _work(self) -> None:
        while jobs := self._next_batch():
            try:
                answers = self._generate(jobs)
            except Exception as error:  # of any kind: only this batch may fail
                finish = Finish(FinishReason.ERROR, message=f"{type(error).__name__}: {error}")
                answers = [(Delta(), finish) for _ in jobs]
            for job, (delta, finish) in zip(jobs, answers, strict=True):
                self._cancelled.discard(job.stream.number)
                job.stream.put(Event(job.stream.number, delta, finish))

    def _next_batch(self) -> list[_Job]:
        """Return the oldest job and those that may share its batch; an empty list after closing."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closing)
            bucket = self._waiting[0].bucket if self._waiting else None
            jobs = [job for job in self._waiting if job.bucket == bucket][: self._settings.max_batch]
            self._waiting = [job for job in self._waiting if job not in jobs]
            return jobs

    def _generate(self, jobs: list[_Job]) -> list[tuple[Delta, Finish]]:
        width = max(len(job.prompt) for job in jobs)
        tokens = torch.zeros(len(jobs), width, dtype=torch.int64)
        mask = torch.zeros_like(tokens)
        for row, job in enumerate(jobs):
            tokens[row, width - len(job.prompt) :] = torch.tensor(job.prompt)
            mask[row, width - len(job.prompt) :] = 1
        ended: dict[int, FinishReason] = {}
        torch.manual_seed(jobs[0].sampling.seed)
        output = self._model.generate(
            tokens.to(self._model.device),
            attention_mask=mask.to(self._model.device),
            max_new_tokens=max(job.sampling.max_tokens for job in jobs),
            eos_token_id=sorted(self._codec.stop_tokens) or None,
            pad_token_id=min(self._codec.stop_tokens, default=0),
            stopping_criteria=StoppingCriteriaList([_Enough(self, jobs, width, ended)]),
            **_options(jobs[0].sampling),
        )
        return [
            self._answer(job, output[row, width:].tolist(), ended.get(row)) for row, job in enumerate(jobs)
        ]

    def _answer(self, job: _Job, tokens: list[int], ended: FinishReason | None) -> tuple[Delta, Finish]:
        transcript, text, reason = self._codec.transcript(job.sampling.stop), "", FinishReason.LENGTH
        kept: list[int] = []
        for token in tokens[: job.sampling.max_tokens]:
            kept.append(token)
            text += transcript.add(token) if token not in self._codec.stop_tokens else ""
            if token in self._codec.stop_tokens or transcript.stopped:
                reason = FinishReason.STOP
                break
        text += transcript.finish()
        if reason is FinishReason.LENGTH and len(kept) < job.sampling.max_tokens:
            reason = ended or FinishReason.STOP
        return Delta(text, tuple(kept)), Finish(reason, Usage(len(job.prompt), 0, len(kept)))

    def why_enough(self, job: _Job, length: int) -> FinishReason | None:
        """Return the reason why a job needs no further token, or None."""
        if job.stream.number in self._cancelled or self._closing:
            return FinishReason.CANCELLED
        if time.monotonic() > job.deadline:
            return FinishReason.DEADLINE
        return FinishReason.LENGTH if length >= job.sampling.max_tokens else None


class _Enough(StoppingCriteria):  # type: ignore[misc]
    """Ends each row by itself: at its length, at its deadline, or when its request was cancelled."""

    def __init__(self, chat: HfChat, jobs: list[_Job], width: int, ended: dict[int, FinishReason]) -> None:
        self._chat = chat
        self._jobs = jobs
        self._width = width
        self._ended = ended

    def __call__(self, input_ids: Tensor, scores: Any, **kwargs: Any) -> Tensor:
        for row, job in enumerate(self._jobs):
            reason = self._chat.why_enough(job, input_ids.shape[1] - self._width)
            if reason is not None:
                self._ended.setdefault(row, reason)
        return torch.tensor([row in self._ended for row in range(len(self._jobs))], device=input_ids.device)


def _options(sampling: Sampling) -> dict[str, Any]:
    if sampling.presence_penalty or sampling.frequency_penalty:
        raise RequestInvalidError("the hf generator supports no presence or frequency penalty")
    options: dict[str, Any] = {
        "do_sample": not sampling.greedy,
        "repetition_penalty": sampling.repetition_penalty,
    }
    if not sampling.greedy:
        options |= {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
        options |= {"min_p": sampling.min_p} if sampling.min_p else {}
    return options
