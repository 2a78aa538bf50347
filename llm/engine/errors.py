"""What the engine refuses, and with which words."""

from core.errors import ModelError


class EngineFullError(ModelError):
    """The engine's queue is full; try again later."""

    status = 429
    code = "busy"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"the engine's queue is full; try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class RequestTooLongError(ModelError):
    """The prompt and the answer asked for do not fit into the engine."""

    status = 422
    code = "too_long"


class RequestInvalidError(ModelError):
    """The request asks for something that the engine does not do."""

    status = 422
    code = "input"


class EngineClosedError(ModelError):
    """The engine has been shut down."""

    status = 503
    code = "closed"


class UnsupportedModelError(ModelError):
    """The engine cannot run this model."""

    code = "unsupported_model"


class GenerationFailedError(ModelError):
    """A step of the engine failed; the request was given up, others go on."""

    code = "generation"


class ServerDownError(GenerationFailedError):
    """The model server failed several times in a row and is left alone for a while."""

    status = 503
    code = "server_down"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            f"the model server failed several times; it is tried again in {retry_after_seconds} s"
        )
        self.retry_after_seconds = retry_after_seconds


class DeadlineExceededError(ModelError):
    """The request's deadline passed before it was answered."""

    status = 504
    code = "deadline"
