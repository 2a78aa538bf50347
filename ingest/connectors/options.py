"""The options of a source: checked once, kept as JSON, and never a secret."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from core.errors import InputError, SourceError
from core.permissions import principal
from core.server_settings import Group
from core.text.secrets import secret_in


def _separated(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_separated)]
"""Several names; as text, separated by commas."""


class SourceOptions(Group):
    """The options of every kind of source: its address and its default readers."""

    url: str = Field(min_length=1, max_length=2000)
    read: Names = ()
    """Who may read the documents for which the source itself names no readers."""

    @model_validator(mode="after")
    def _readers_are_principals(self) -> Self:
        for name in self.read:
            try:
                principal(name)
            except InputError as error:
                raise ValueError(str(error)) from error
        return self

    @model_validator(mode="after")
    def _holds_no_secret(self) -> Self:
        for name in type(self).model_fields:
            if found := next(filter(None, map(secret_in, _texts(getattr(self, name)))), ""):
                raise ValueError(f"{name} holds {found}, which would be kept and shown: {self._properly}")
        return self

    @property
    def _properly(self) -> str:
        """How a secret is given to this kind of source."""
        return "leave it out; this kind of source takes no login"

    @property
    def readers(self) -> frozenset[str]:
        """The default readers, as principals."""
        return frozenset(self.read)

    @property
    def config(self) -> dict[str, Any]:
        """The options that open the source again."""
        return self.model_dump(mode="json", exclude_defaults=True)


class SecretOptions(SourceOptions):
    """The options of a source with a login; they name the variable or file that holds the password."""

    user: str = ""
    password_env: str = Field("", description="environment variable that holds the password or token")
    password_file: str = Field("", description="file that holds it, as a secrets store mounts it")

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and (given := {"password", "token", "secret"} & set(data)):
            raise ValueError(f"{min(given)} is not kept here; name its variable as password_env=NAME")
        return data

    @property
    def _properly(self) -> str:
        return "leave it out, and name its variable as password_env=NAME; it is sent as a header, not kept"

    def password(self) -> str:
        """Return the password or token; empty if none is named. Raises: SourceError if it is missing."""
        if self.password_env:
            if found := os.environ.get(self.password_env):
                return found
            raise SourceError(f"{self.url}: the variable {self.password_env} is not set; nothing was changed")
        if not self.password_file:
            return ""
        try:
            return Path(self.password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(
                f"{self.url}: {self.password_file} cannot be read; nothing was changed"
            ) from error


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in an option, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))


def first_problem(error: ValidationError) -> str:
    """Return the first problem of options in a line."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    words = first["msg"].removeprefix("Value error, ")
    return f"option {key!r}: {words}" if key else words
