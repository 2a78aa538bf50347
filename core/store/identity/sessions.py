"""Sessions of people who are signed in, and the links with which they choose a password."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.store.identity.accounts import Account, account_by_id
from core.store.identity.credentials import digest_of, was_just_used
from core.store.identity.tables import AccountTable, LoginSessionTable, SignInLinkTable


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody signs in from."""

    address: str
    agent: str
    """What the browser says of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """A browser in which somebody is signed in, or was."""

    id: int
    user: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime
    ended_at: datetime | None
    visit: Visit

    @property
    def is_live(self) -> bool:
        """Whether it neither was ended nor expired."""
        return self.ended_at is None and self.expires_at > datetime.now(UTC)


def begin_session(session: Session, account: Account, token: str, visit: Visit, hours: float) -> None:
    """Store a session of an account that is signed in for so many hours."""
    now = datetime.now(UTC)
    session.add(
        LoginSessionTable(
            account_id=account.id,
            digest=digest_of(token),
            created_at=now,
            expires_at=now + timedelta(hours=hours),
            last_used_at=now,
            address=visit.address[:64],
            agent=visit.agent[:500],
        )
    )


def live_session(session: Session, token: str) -> tuple[LoginSession, Account] | None:
    """Return the session of a cookie and its active account; None if it has ended or never was."""
    row = session.scalar(select(LoginSessionTable).where(LoginSessionTable.digest == digest_of(token)))
    if row is None:
        return None
    account = account_by_id(session, row.account_id)
    entry = _entry(row, account.name)
    return (entry, account) if entry.is_live and account.is_active else None


def is_use_noted(entry: LoginSession) -> bool:
    """Return whether a use now is on record already."""
    return was_just_used(entry.last_used_at)


def note_use(session: Session, session_id: int) -> None:
    """Write down when a session was used."""
    row = session.get(LoginSessionTable, session_id)
    if row is not None:
        row.last_used_at = datetime.now(UTC)


def list_sessions(session: Session) -> list[LoginSession]:
    """Return the sessions that are live, the newest first."""
    joined = select(LoginSessionTable, AccountTable.name).join(
        AccountTable, AccountTable.id == LoginSessionTable.account_id
    )
    rows = session.execute(joined.order_by(LoginSessionTable.id.desc()))
    return [entry for row, name in rows if (entry := _entry(row, name)).is_live]


def end_session(session: Session, session_id: int) -> None:
    """End a session. Raises: NotFoundError."""
    row = session.get(LoginSessionTable, session_id)
    if row is None:
        raise NotFoundError(f"there is no session {session_id}")
    row.ended_at = row.ended_at or datetime.now(UTC)


def end_sessions_of(session: Session, account: Account) -> int:
    """End all sessions of an account; return how many."""
    live = (LoginSessionTable.account_id == account.id, LoginSessionTable.ended_at.is_(None))
    ended = session.scalars(
        update(LoginSessionTable)
        .where(*live)
        .values(ended_at=datetime.now(UTC))
        .returning(LoginSessionTable.id)
    )
    return len(ended.all())


def add_link(session: Session, account: Account, token: str, hours: float) -> None:
    """Store a link with which an account chooses its password; earlier ones end."""
    now = datetime.now(UTC)
    unused = (SignInLinkTable.account_id == account.id, SignInLinkTable.used_at.is_(None))
    session.execute(update(SignInLinkTable).where(*unused).values(used_at=now))
    session.add(
        SignInLinkTable(
            account_id=account.id,
            digest=digest_of(token),
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )


def use_link(session: Session, token: str) -> Account | None:
    """Use a link up and return its active account; None if it was used, has expired or never was."""
    now = datetime.now(UTC)
    account_id = session.scalar(
        update(SignInLinkTable)
        .where(
            SignInLinkTable.digest == digest_of(token),
            SignInLinkTable.used_at.is_(None),
            SignInLinkTable.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInLinkTable.account_id)
    )
    account = account_by_id(session, account_id) if account_id is not None else None
    return account if account is not None and account.is_active else None


def _entry(row: LoginSessionTable, user: str) -> LoginSession:
    return LoginSession(
        id=row.id,
        user=user,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        ended_at=row.ended_at,
        visit=Visit(row.address, row.agent),
    )
