"""What a source is told: checked once, kept as JSON, and never a secret."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from core.errors import InputError, SourceError
from core.permissions import principal
from core.settings import Group


def _parted(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_parted)]
"""Several names; as text, parted by commas."""


class SourceOptions(Group):
    """What every kind of source has: where it is, and who reads what it says nothing about."""

    url: str = Field(min_length=1, max_length=2000)
    read: Names = ()

    @model_validator(mode="after")
    def _readers_are_principals(self) -> Self:
        for name in self.read:
            try:
                principal(name)
            except InputError as error:
                raise ValueError(str(error)) from error
        return self

    @property
    def readers(self) -> frozenset[str]:
        """The principals of last resort."""
        return frozenset(self.read)

    @property
    def config(self) -> dict[str, Any]:
        """What opens the source again."""
        return self.model_dump(mode="json", exclude_defaults=True)


class SecretOptions(SourceOptions):
    """A source that asks who comes. The password stands in a variable or a file that is named here."""

    user: str = ""
    password_env: str = Field("", description="environment variable that holds the password or token")
    password_file: str = Field("", description="file that holds it, as a secrets store mounts it")

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and (given := {"password", "token", "secret"} & set(data)):
            raise ValueError(f"{min(given)} is not kept here; name its variable as password_env=NAME")
        return data

    def password(self) -> str:
        """Return the password or token; empty if none is named. Raises: SourceError if it is not there."""
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


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong with options, in a line."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    words = first["msg"].removeprefix("Value error, ")
    return f"option {key!r}: {words}" if key else words
