"""The tables of accounts. Nothing in them lets anybody sign in: secrets are kept as hashes only."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.tables import Base


class AccountTable(Base):
    """A person, or a service that other systems use."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(254), unique=True)  # of the principal user:NAME
    # The name as it is compared with new ones, so that no two accounts look the same.
    folded: Mapped[str] = mapped_column(String(1024), unique=True)
    is_service: Mapped[bool]
    is_active: Mapped[bool]
    is_administrator: Mapped[bool]
    display_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)  # argon2id; empty: no sign-in by password
    created_at: Mapped[datetime]


class MembershipTable(Base):
    """A principal that an account holds besides its own: a group, or an identity at a source."""

    __tablename__ = "membership"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    principal: Mapped[str] = mapped_column(String(255), primary_key=True)


class KeyTable(Base):
    """A key of an account."""

    __tablename__ = "api_key"

    kid: Mapped[str] = mapped_column(String(16), primary_key=True)  # the part of the key that names it
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # SHA-256 of the whole key
    label: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text)  # separated by spaces
    may_act_as: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str] = mapped_column(String(64))


class LoginSessionTable(Base):
    """A browser in which somebody is signed in, or was."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  # SHA-256 of the cookie
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(Text)


class SignInLinkTable(Base):
    """A link with which an account chooses its password, once."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)  # SHA-256 of its token
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
