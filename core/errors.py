"""Every error that Vademecum raises on purpose.

VadeError                      500 internal
├── SettingsError              500 settings         the configuration cannot be used
├── AlreadyRunningError        409 already_running  another process holds the lock
├── LeaseLostError             409 lease_lost       another worker has this work now
├── StorageError               503 storage          the database or the disk did not take a write
│   ├── SchemaError            503 schema           the database is newer than this program
│   └── IndexServerError       503 index_server     the server that holds an index does not do as asked
│       └── IndexNotLoadedError    503 index_not_loaded  it holds the index, and not in its memory
├── IndexUnusableError         503 index            a follower's files are damaged or of another model
├── ModelError                 500 model            a neural model cannot be loaded or gave nonsense
│   ├── EngineFullError        429 engine_full      the engine's queue is full
│   ├── RequestTooLongError    422 too_long         prompt and answer do not fit into the engine
│   ├── RequestInvalidError    422 request_invalid  the engine does not do what is asked for
│   ├── EngineClosedError      503 closed           the engine has been shut down
│   ├── UnsupportedModelError  500 unsupported_model
│   ├── DeadlineExceededError  504 deadline         the deadline passed before there was an answer
│   └── ModelUnavailableError  503 model_unavailable  a model's server does not answer, or answers nonsense
│       ├── GenerationFailedError  500 generation   a step of the engine failed
│       └── ServerDownError        503 server_down  a server failed several times and is left alone
├── SourceError                400 source           a source cannot be listed
├── FetchError                 502 fetch            a source did not give a document; it is tried again
├── QuarantineError            422 quarantined      a document failed too often to be tried again by itself
├── SandboxError               503 sandbox          no process can be started that reads files
├── ParseError                 422 unreadable       a file cannot be turned into text
│   ├── EncryptedError         422 encrypted
│   ├── EmptyDocumentError     422 empty
│   ├── TooLargeError          413 too_large
│   ├── RefusedAddressError    422 refused_address  where it is, no source may be
│   ├── OverLimitError         422 over_limit       reading it takes more memory or time than allowed
│   ├── ReaderCrashError       422 crashed          the process that read it died of it
│   │   └── ReaderStoppedError     422 stopped      that process was stopped from outside
│   └── UnknownFormatError     415 unknown_format
├── InputError                 422 input            a request or a file of questions is malformed
├── NotFoundError              404 not_found        nothing by that id that the asker may read
├── ForbiddenError             403 forbidden        the request came from another site
├── BusyError                  429 busy             the line in front of the answers is full
├── AbandonedError             499 abandoned        whoever asked has hung up
└── NotReadyError              503 not_ready        the service cannot answer yet, or no more

A class's docstring is its message; an instance may add what happened, what was kept and what to
do. An adapter translates its vendor's errors with `from`.
"""


class VadeError(Exception):
    """Something went wrong inside Vademecum."""

    status = 500
    code = "internal"
    retry_after_seconds = 3
    """When to come back, where the status says that it is worth it: 429 and 503."""

    def __init__(self, message: str | None = None, retry_after_seconds: int | None = None) -> None:
        words = message or self.__doc__ or ""
        if retry_after_seconds is not None:
            self.retry_after_seconds = retry_after_seconds
            words = f"{words.rstrip('.')}; try again in {retry_after_seconds} s"
        super().__init__(words)


class SettingsError(VadeError):
    """The configuration cannot be used."""

    code = "settings"


class AlreadyRunningError(VadeError):
    """Another run over this source is at work."""

    status = 409
    code = "already_running"


class LeaseLostError(VadeError):
    """Another worker has this work now; nothing was written."""

    status = 409
    code = "lease_lost"


class StorageError(VadeError):
    """The database or the disk did not take a write; what was committed before is kept."""

    status = 503
    code = "storage"


class SchemaError(StorageError):
    """The database was written by a newer Vademecum; upgrade this one or restore a backup."""

    code = "schema"


class IndexServerError(StorageError):
    """The server that holds an index does not do as asked; documents are safe in the database."""

    code = "index_server"


class IndexNotLoadedError(IndexServerError):
    """The index is on its server, and not in that server's memory."""

    code = "index_not_loaded"


class IndexUnusableError(VadeError):
    """An index's files are damaged; it will be rebuilt from the database."""

    status = 503
    code = "index"


class ModelError(VadeError):
    """A neural model cannot be loaded or gave values that are not numbers."""

    code = "model"


class EngineFullError(ModelError):
    """The engine's queue is full."""

    status = 429
    code = "engine_full"


class RequestTooLongError(ModelError):
    """The prompt and the answer asked for do not fit into the engine."""

    status = 422
    code = "too_long"


class RequestInvalidError(ModelError):
    """The request asks for something that the engine does not do."""

    status = 422
    code = "request_invalid"


class EngineClosedError(ModelError):
    """The engine has been shut down."""

    status = 503
    code = "closed"


class UnsupportedModelError(ModelError):
    """The engine cannot run this model."""

    code = "unsupported_model"


class ModelUnavailableError(ModelError):
    """A model did not do its work: its server does not answer, or answers nonsense; ask again later."""

    status = 503
    code = "model_unavailable"


class GenerationFailedError(ModelUnavailableError):
    """A step of the engine failed; the request was given up, others go on."""

    status = 500
    code = "generation"


class ServerDownError(ModelUnavailableError):
    """The model server failed several times in a row and is left alone for a while."""

    status = 503
    code = "server_down"


class DeadlineExceededError(ModelError):
    """The request's deadline passed before it was answered."""

    status = 504
    code = "deadline"


class SourceError(VadeError):
    """The source cannot be listed; nothing was changed."""

    status = 400
    code = "source"


class FetchError(VadeError):
    """The source did not give the document; it is tried again with the next run."""

    status = 502
    code = "fetch"


class QuarantineError(VadeError):
    """The document failed too often to be tried again by itself."""

    status = 422
    code = "quarantined"


class SandboxError(VadeError):
    """The process that reads files cannot be started."""

    status = 503
    code = "sandbox"


class ParseError(VadeError):
    """The file is damaged or is not what its name says."""

    status = 422
    code = "unreadable"


class EncryptedError(ParseError):
    """The file is protected by a password; save a copy without one."""

    code = "encrypted"


class EmptyDocumentError(ParseError):
    """The file holds no text."""

    code = "empty"


class TooLargeError(ParseError):
    """The file is larger than the limit."""

    status = 413
    code = "too_large"


class RefusedAddressError(ParseError):
    """No source may be on this address."""

    code = "refused_address"


class OverLimitError(ParseError):
    """Reading the file takes more memory or time than allowed."""

    code = "over_limit"


class ReaderCrashError(ParseError):
    """The reader crashed on this file; open it and save it again."""

    code = "crashed"


class ReaderStoppedError(ReaderCrashError):
    """The process that read this file was stopped from outside, or the machine ran out of memory."""

    code = "stopped"


class UnknownFormatError(ParseError):
    """No parser reads this kind of file."""

    status = 415
    code = "unknown_format"


class InputError(VadeError):
    """The request is malformed."""

    status = 422
    code = "input"


class NotFoundError(VadeError):
    """There is nothing by that id."""

    status = 404
    code = "not_found"


class ForbiddenError(VadeError):
    """The request came from another site."""

    status = 403
    code = "forbidden"


class BusyError(VadeError):
    """Too many questions are waiting; ask again in a few seconds."""

    status = 429
    code = "busy"


class AbandonedError(VadeError):
    """Whoever asked has hung up."""

    status = 499
    code = "abandoned"


class NotReadyError(VadeError):
    """The service is not ready to answer."""

    status = 503
    code = "not_ready"
