"""The requests of OpenAI's protocol, as far as they mean something here."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.wire import MAX_QUESTION_CHARACTERS, MAX_TURNS, AskRequest, EarlierTurn
from core.errors import InputError, NotFoundError

MODEL = "vademecum"
# Messages of a conversation: each question with its answer, and as much again for those of the system.
_MOST_MESSAGES = 4 * MAX_TURNS
_MOST_INPUTS = 256
_Text = Annotated[str, Field(max_length=MAX_QUESTION_CHARACTERS)]


class Foreign(BaseModel):
    """A request of another's protocol: keys that mean nothing here are left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TextPart(Foreign):
    """A part of a message; of other kinds than text there is nothing to search for."""

    type: Literal["text"]
    text: _Text


class Message(Foreign):
    """A message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: _Text | tuple[TextPart, ...] | None = None

    @property
    def text(self) -> str:
        """Its text, of several parts one below the other."""
        if isinstance(self.content, tuple):
            return "\n".join(part.text for part in self.content).strip()
        return (self.content or "").strip()


class StreamOptions(Foreign):
    """What a stream has besides the answer."""

    include_usage: bool = False


class ChatRequest(Foreign):
    """The body of `POST /v1/chat/completions`.

    The last message is the question, the others are the conversation before it. Messages of the system are
    not followed: what is said stands in the documents.
    """

    model: str
    messages: tuple[Message, ...] = Field(min_length=1, max_length=_MOST_MESSAGES)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    n: int = 1

    def asked(self) -> AskRequest:
        """Return the question with its conversation. Raises: InputError; NotFoundError for another model."""
        check_model(self.model, MODEL)
        if self.n != 1:
            raise InputError("n: there is one answer; leave `n` out")
        said = [one for one in self.messages if one.role in {"user", "assistant"} and one.text]
        if not said or said[-1].role != "user":
            raise InputError("messages: the last one has to be the user's, with a text")
        return AskRequest(question=said[-1].text, history=tuple(_turns(said[:-1])[-MAX_TURNS:]))


class EmbeddingRequest(Foreign):
    """The body of `POST /v1/embeddings`."""

    model: str
    input: _Text | Annotated[tuple[_Text, ...], Field(min_length=1, max_length=_MOST_INPUTS)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, one or several."""
        return (self.input,) if isinstance(self.input, str) else self.input


def check_model(named: str, *known: str) -> None:
    """Raises: NotFoundError if a model is not one of those known."""
    if named not in known:
        raise NotFoundError(f"there is no model {named} here; name {' or '.join(known)}")


def _turns(messages: list[Message]) -> list[EarlierTurn]:
    """Return the questions with the answers that follow them."""
    turns: list[EarlierTurn] = []
    for message in messages:
        if message.role == "user":
            turns.append(EarlierTurn(question=message.text))
        elif turns:
            answer = f"{turns[-1].answer}\n{message.text}".strip()
            turns[-1] = EarlierTurn(question=turns[-1].question, answer=answer[:MAX_QUESTION_CHARACTERS])
    return turns
