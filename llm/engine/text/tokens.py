"""Text to tokens and back for one model: chat template, transcripts, grammars."""

from functools import cached_property

from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from core.errors import UnsupportedModelError
from llm.engine.request import Guide
from llm.engine.text.conversation import Message
from llm.engine.text.grammar import GrammarMatcher, Grammars
from llm.engine.text.transcript import TextTranscript


class TokenCodec:
    """Encodes conversations and decodes answers with one model's tokenizer."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stop_tokens: frozenset[int] = frozenset()) -> None:
        if not isinstance(tokenizer, PreTrainedTokenizerFast):
            raise UnsupportedModelError("the model has no fast tokenizer (tokenizer.json)")
        self._tokenizer = tokenizer
        self._backend = tokenizer.backend_tokenizer
        end = () if tokenizer.eos_token_id is None else (tokenizer.eos_token_id,)
        self.stop_tokens = stop_tokens.union(end)
        markers = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
        self._markers = sorted(filter(None, markers), key=len, reverse=True)

    def encode_chat(self, messages: tuple[Message, ...]) -> tuple[int, ...]:
        """Return the prompt's tokens, up to where the assistant's answer begins.

        Contents are data: text that equals one of the model's special tokens is broken up, so that a
        document can neither end its turn nor begin another one.
        """
        turns = [{"role": message.role, "content": self._defuse(message.content)} for message in messages]
        if self._tokenizer.chat_template is None:
            text = "".join(f"{turn['role']}: {turn['content']}\n\n" for turn in turns) + "assistant:"
            return tuple(self._backend.encode(text).ids)
        text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return tuple(self._backend.encode(text, add_special_tokens=False).ids)

    def count(self, text: str) -> int:
        """Return the number of tokens that `text` takes."""
        return len(self._backend.encode(text, add_special_tokens=False).ids)

    def transcript(self, stop: tuple[str, ...] = ()) -> TextTranscript:
        """Return an empty transcript that ends at a stop string."""
        return TextTranscript(self._backend, stop)

    def matcher(self, guide: Guide) -> GrammarMatcher:
        """Return a matcher for a grammar. Raises: RequestInvalidError if it cannot be used."""
        return self._grammars.matcher(guide)

    @cached_property
    def _grammars(self) -> Grammars:
        if not self.stop_tokens:
            raise UnsupportedModelError("the model has no end token, which a grammar needs")
        end = self._tokenizer.eos_token_id
        return Grammars(self._backend, min(self.stop_tokens) if end is None else end)

    def _defuse(self, content: str) -> str:
        for marker in self._markers:
            content = content.replace(marker, f"{marker[0]} {marker[1:]}")
        return content
