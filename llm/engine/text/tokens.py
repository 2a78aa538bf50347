"""Text to tokens and back for one model: chat template, transcripts, grammars."""

from functools import cached_property

from jinja2 import TemplateError
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from core.errors import ModelError, UnsupportedModelError
from llm.engine.request import Guide
from llm.engine.text.conversation import Message, without_system
from llm.engine.text.grammar import GrammarMatcher, Grammars
from llm.engine.text.markers import defused, is_marker, is_thought_marker, markers_between
from llm.engine.text.thoughts import opens_thought
from llm.engine.text.transcript import TextTranscript

_PROBE = "\x00"


class TokenCodec:
    """Encodes conversations and decodes answers with one model's tokenizer."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stop_tokens: frozenset[int] = frozenset()) -> None:
        if not isinstance(tokenizer, PreTrainedTokenizerFast):
            raise UnsupportedModelError("the model has no fast tokenizer (tokenizer.json)")
        self._tokenizer = tokenizer
        self._backend = _whole(tokenizer.backend_tokenizer)
        end = () if tokenizer.eos_token_id is None else (tokenizer.eos_token_id,)
        self.stop_tokens = stop_tokens.union(end)
        added = tokenizer.added_tokens_decoder
        self._tokens = frozenset(str(one) for one in added.values() if one.special or is_marker(str(one)))
        self._thoughts = {
            number: str(one) for number, one in added.items() if one.special and is_thought_marker(str(one))
        }

    def encode_chat(self, messages: tuple[Message, ...]) -> tuple[int, ...]:
        """Return the prompt's tokens, up to where the assistant's answer begins.

        Contents are data: text that equals one of the model's added tokens, or a marker that its chat
        template writes between turns, is broken up, so that a document can neither end its turn nor begin
        another one. For a template without a system role, the rules stand in front of the first turn.

        Raises: ModelError if the chat template fails.
        """
        shown = messages if self._takes_system else without_system(messages)
        turns = [Message(one.role, defused(one.content, self._markers)) for one in shown]
        if self._tokenizer.chat_template is None:
            text = "".join(f"{turn.role}: {turn.content}\n\n" for turn in turns) + "assistant:"
            return tuple(self._backend.encode(text).ids)
        try:
            text = self._rendered(turns)
        except TemplateError as error:
            raise ModelError(f"the chat template of the model refuses the conversation: {error}") from error
        return tuple(self._backend.encode(text, add_special_tokens=False).ids)

    def count(self, text: str) -> int:
        """Return the number of tokens that `text` takes."""
        return len(self._backend.encode(text, add_special_tokens=False).ids)

    def transcript(self, stop: tuple[str, ...] = ()) -> TextTranscript:
        """Return an empty transcript that ends at a stop string; markers of thoughts are part of its text."""
        return TextTranscript(self._backend, stop, self._thoughts)

    def matcher(self, guide: Guide) -> GrammarMatcher:
        """Return a matcher for a grammar. Raises: RequestInvalidError if it cannot be used."""
        return self._grammars.matcher(guide)

    @cached_property
    def begins_thinking(self) -> bool:
        """Whether the chat template opens a thought, so that each answer begins inside it."""
        if self._tokenizer.chat_template is None:
            return False
        try:
            return opens_thought(self._rendered([Message("user", "?")]))
        except TemplateError as error:
            raise ModelError(f"the chat template of the model refuses a question: {error}") from error

    @cached_property
    def _grammars(self) -> Grammars:
        if not self.stop_tokens:
            raise UnsupportedModelError("the model has no end token, which a grammar needs")
        end = self._tokenizer.eos_token_id
        return Grammars(self._backend, min(self.stop_tokens) if end is None else end)

    @cached_property
    def _takes_system(self) -> bool:
        """Whether the chat template writes a system message: some refuse it, some leave it out."""
        if self._tokenizer.chat_template is None:
            return True
        try:
            return _PROBE in self._rendered([Message("system", _PROBE), Message("user", "?")])
        except TemplateError:
            return False

    @cached_property
    def _markers(self) -> frozenset[str]:
        """What no content may contain: added tokens, and what the template writes between contents."""
        if self._tokenizer.chat_template is None:
            return self._tokens
        turns = [Message("user", _PROBE), Message("assistant", _PROBE), Message("user", _PROBE)]
        first = [Message("system", _PROBE)] if self._takes_system else []
        try:
            text = self._rendered([*first, *turns])
        except TemplateError as error:
            raise ModelError(f"the chat template of the model refuses a conversation: {error}") from error
        return self._tokens | markers_between(text.split(_PROBE))

    def _rendered(self, turns: list[Message]) -> str:
        asked = [{"role": turn.role, "content": turn.content} for turn in turns]
        return str(self._tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True))


def _whole(backend: Tokenizer) -> Tokenizer:
    """Return the tokenizer without the truncation and padding that its file may have kept from training."""
    whole = Tokenizer.from_str(backend.to_str())
    whole.no_truncation()
    whole.no_padding()
    return whole
