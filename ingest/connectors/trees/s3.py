"""Objects in a bucket of S3, or of a server that speaks its protocol."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote_plus, urlsplit

from pydantic import Field, model_validator

from core.errors import FetchError, InputError, ParseError
from core.settings import IngestSettings
from ingest.connectors.http.aws_signature import Credentials, signer
from ingest.connectors.http.client import Request, Response, unsigned
from ingest.connectors.http.guard import checked_url
from ingest.connectors.http.xml import local_name, read_xml, text_of
from ingest.connectors.listing import stamp
from ingest.connectors.options import SecretOptions
from ingest.connectors.trees.remote_tree import RemoteFile, TreeSource, content_of

_UNRESERVED = "-_.~"


class S3Options(SecretOptions):
    """The options of an S3 source: `user` is the access key's id, the password its secret.

    Without them, only public buckets can be read.
    """

    region: str = Field("us-east-1", pattern=r"^[a-z0-9-]+$")
    token_env: str = Field("", description="environment variable that holds a session token")

    @model_validator(mode="after")
    def _is_a_bucket(self) -> Self:
        if self.url != f"s3://{self.bucket}{'/' * bool(self.prefix)}{self.prefix}":
            try:
                checked_url(self.url.removeprefix("s3+"))
            except InputError as error:
                raise ValueError(str(error)) from error
        if not self.bucket or set(self.bucket) - set("abcdefghijklmnopqrstuvwxyz0123456789.-_"):
            raise ValueError("write s3://BUCKET/PREFIX, or s3+https://SERVER/BUCKET/PREFIX")
        return self

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self._path[0]

    @property
    def prefix(self) -> str:
        """The beginning of every key, without the slash that follows."""
        return self._path[1]

    @property
    def endpoint(self) -> str:
        """The bucket's address, without a slash at the end."""
        parts = urlsplit(self.url)
        if parts.scheme != "s3":
            return f"{parts.scheme.removeprefix('s3+')}://{parts.netloc}/{self.bucket}"
        server = f"s3.{self.region}.amazonaws.com"
        return f"https://{server}/{self.bucket}" if "." in self.bucket else f"https://{self.bucket}.{server}"

    @property
    def _path(self) -> tuple[str, str]:
        parts = urlsplit(self.url)
        path = parts.netloc + parts.path if parts.scheme == "s3" else parts.path.lstrip("/")
        bucket, _, prefix = path.partition("/")
        return bucket, prefix.strip("/")


class S3Source(TreeSource):
    """The objects below a prefix; keys that end in a slash are folders without content."""

    kind = "s3"

    def __init__(self, options: S3Options, settings: IngestSettings, folder: Path) -> None:
        secret = options.password()
        token = os.environ.get(options.token_env, "") if options.token_env else ""
        credentials = Credentials(key_id=options.user, secret=secret, region=options.region, token=token)
        super().__init__(options.url, options, settings, signer(credentials) if secret else unsigned)
        self._options = options
        self._below = f"{options.prefix}/" if options.prefix else ""

    def _files(self) -> Iterator[RemoteFile]:
        token, tokens = "", {""}
        while True:
            root = read_xml(self._page(token).content)
            coded = text_of(root, "EncodingType") == "url"
            for entry in root:
                if local_name(entry) == "Contents" and (file := self._file(entry, coded)):
                    yield file
            token = text_of(root, "NextContinuationToken")
            if text_of(root, "IsTruncated") != "true":
                return
            if token in tokens:
                raise FetchError("the server's list leads in a circle")
            tokens.add(token)

    def _page(self, token: str) -> Response:
        query = {"encoding-type": "url", "list-type": "2", "max-keys": "1000", "prefix": self._below}
        if token:
            query["continuation-token"] = token
        pairs = (f"{key}={quote(value, safe=_UNRESERVED)}" for key, value in sorted(query.items()))
        response = self._client.send(
            Request(url=f"{self._options.endpoint}/?{'&'.join(pairs)}", follow=False)
        )
        if response.status != 200:
            raise FetchError(f"the server answered {response.status} {_code(response)}".rstrip())
        return response

    def _file(self, entry: object, coded: bool) -> RemoteFile | None:
        key, etag, size, modified = (text_of(entry, name) for name in ("Key", "ETag", "Size", "LastModified"))  # type: ignore[arg-type]
        key = unquote_plus(key, errors="surrogateescape") if coded else key
        path = key.removeprefix(self._below)
        if not path or key.endswith("/") or not key.startswith(self._below):
            return None
        if {"", ".", ".."} & set(path.split("/")):
            reason = ParseError("its key contains empty or dotted parts, which no address can name")
            self._problems.append((self._uri(path), reason))
            return None
        return RemoteFile(path, stamp(etag.strip('"'), size, modified))

    def _read(self, path: str) -> bytes:
        key = quote(self._below + path, f"/{_UNRESERVED}", errors="surrogateescape")
        url = f"{self._options.endpoint}/{key}"
        return content_of(self._client.send(Request(url=url, follow=False)))


def _code(response: Response) -> str:
    try:
        return text_of(read_xml(response.content), "Code")
    except FetchError:
        return ""
