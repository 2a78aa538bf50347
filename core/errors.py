"""Every error that Vademecum raises on purpose.

VadeError                      500 internal
├── SettingsError              500 settings         the configuration cannot be used
├── AlreadyRunningError        409 already_running  another process holds the lock
├── LeaseLostError             409 lease_lost       another worker has taken over the job
├── StorageError               503 storage          the database or the disk refused a write
│   ├── SchemaError            503 schema           the database is newer than this program
│   └── IndexServerError       503 index_server     the server of an index refuses or fails
│       └── IndexNotLoadedError    503 index_not_loaded  the index is not in its memory
├── IndexUnusableError         503 index            a follower's files are damaged or of another model
├── ModelError                 500 model            a neural model cannot be loaded or computed nonsense
│   ├── EngineFullError        429 engine_full      the engine's queue is full
│   ├── RequestTooLongError    422 too_long         prompt and answer do not fit into the engine
│   ├── RequestInvalidError    422 request_invalid  the engine does not support what is asked for
│   ├── EngineClosedError      503 closed           the engine has been shut down
│   ├── UnsupportedModelError  500 unsupported_model
│   ├── DeadlineExceededError  504 deadline         the deadline passed before there was an answer
│   └── ModelUnavailableError  503 model_unavailable  a model's server does not answer, or answers nonsense
│       ├── GenerationFailedError  500 generation   a step of the engine failed
│       ├── ServerSilentError      503 server_silent  a server took a request and then sent nothing for long
│       └── ServerDownError        503 server_down  a server failed several times; it is not asked for a while
├── SourceError                400 source           a source cannot be listed
├── FetchError                 502 fetch            a source did not deliver a document; it is tried again
├── QuarantineError            422 quarantined      a document failed too often for another try
├── SandboxError               503 sandbox          the process that reads files cannot be started
├── ParseError                 422 unreadable       a file cannot be turned into text
│   ├── EncryptedError         422 encrypted
│   ├── EmptyDocumentError     422 empty
│   ├── TooLargeError          413 too_large
│   ├── RefusedAddressError    422 refused_address  sources may not be on this address
│   ├── OverLimitError         422 over_limit       reading it takes more memory or time than allowed
│   ├── ReaderCrashError       422 crashed          the process that read it crashed
│   │   └── ReaderStoppedError     422 stopped      that process was stopped from outside
│   └── UnknownFormatError     415 unknown_format
├── InputError                 422 input            a request or a file of questions is malformed
│   └── FilterError            422 filter           no document that the asker may read can fit the filter
├── NotFoundError              404 not_found        it does not exist, or the asker may not read it
├── UnauthenticatedError       401 unauthenticated  nobody is signed in, or the key cannot be used
├── ForbiddenError             403 forbidden        the request came from another site
├── NotAllowedError            403 not_allowed      the key does not allow it
├── SlowRequestError           408 slow             the request did not arrive in time
├── TooManyAttemptsError       429 too_many_attempts  too many attempts to sign in
├── BusyError                  429 busy             too many questions are waiting
├── UploadsFullError           429 uploads_full     too many uploads are waiting
├── AbandonedError             499 abandoned        the caller has hung up
└── NotReadyError              503 not_ready        the service cannot answer yet, or any more

A class's docstring is its message. An instance may say more: what happened, what was kept and what to
do. An adapter translates its vendor's errors with `from`.
"""


class VadeError(Exception):
    """Something went wrong inside Vademecum."""

    status = 500
    code = "internal"
    retry_after_seconds = 3
    """When to try again, for the statuses 429 and 503."""

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
    """Another run over this source is in progress."""

    status = 409
    code = "already_running"


class LeaseLostError(VadeError):
    """Another worker has taken over this job; nothing was written."""

    status = 409
    code = "lease_lost"


class StorageError(VadeError):
    """The database or the disk refused a write; what was committed before is kept."""

    status = 503
    code = "storage"


class SchemaError(StorageError):
    """The database was written by a newer Vademecum; upgrade this one or restore a backup."""

    code = "schema"


class IndexServerError(StorageError):
    """The server of an index refused a request or failed; all documents are safe in the database."""

    code = "index_server"


class IndexNotLoadedError(IndexServerError):
    """The server has not loaded the index into its memory."""

    code = "index_not_loaded"


class IndexUnusableError(VadeError):
    """An index's files are damaged; it will be rebuilt from the database."""

    status = 503
    code = "index"


class ModelError(VadeError):
    """A neural model cannot be loaded, or it computed values that are not numbers."""

    code = "model"


class EngineFullError(ModelError):
    """The engine's queue is full."""

    status = 429
    code = "engine_full"


class RequestTooLongError(ModelError):
    """The prompt and the requested answer do not fit into the engine."""

    status = 422
    code = "too_long"


class RequestInvalidError(ModelError):
    """The engine does not support this request."""

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
    """The model is unavailable: its server does not answer, or answers nonsense; try again later."""

    status = 503
    code = "model_unavailable"


class GenerationFailedError(ModelUnavailableError):
    """A step of the engine failed; this request was given up, other requests continue."""

    status = 500
    code = "generation"


class ServerSilentError(ModelUnavailableError):
    """The model server took the request and then sent nothing for too long; it was not sent again."""

    code = "server_silent"


class ServerDownError(ModelUnavailableError):
    """The model server failed several times in a row; it is not asked again for a while."""

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
    """The source did not deliver the document; the next run tries again."""

    status = 502
    code = "fetch"


class QuarantineError(VadeError):
    """The document failed too often to be tried again automatically."""

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
    """Sources may not be on this address."""

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


class FilterError(InputError):
    """No document that you may read can fit the filter."""

    code = "filter"


class NotFoundError(VadeError):
    """There is no item with this id, or you may not read it."""

    status = 404
    code = "not_found"


class UnauthenticatedError(VadeError):
    """Nobody is signed in, or the key cannot be used."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(VadeError):
    """The request came from another site."""

    status = 403
    code = "forbidden"


class NotAllowedError(VadeError):
    """The key does not allow this."""

    status = 403
    code = "not_allowed"


class TooManyAttemptsError(VadeError):
    """Too many attempts to sign in."""

    status = 429
    code = "too_many_attempts"


class SlowRequestError(VadeError):
    """The request did not arrive in time; nothing was kept."""

    status = 408
    code = "slow"


class BusyError(VadeError):
    """Too many questions are waiting; ask again in a few seconds."""

    status = 429
    code = "busy"


class UploadsFullError(VadeError):
    """Too many uploads are waiting; this one was not kept."""

    status = 429
    code = "uploads_full"


class AbandonedError(VadeError):
    """The caller has hung up."""

    status = 499
    code = "abandoned"


class NotReadyError(VadeError):
    """The service is not ready to answer."""

    status = 503
    code = "not_ready"
