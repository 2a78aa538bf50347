"""Who makes a request: found anew for each one, so that whatever was revoked counts at once."""

from dataclasses import dataclass

from core.errors import NotAllowedError, NotFoundError, UnauthenticatedError
from core.permissions import scope_of
from core.settings import ApiSettings
from core.store.database import Database
from core.store.identity import keys as key_store
from core.store.identity import sessions as session_store
from core.store.identity.accounts import Account, find_account
from core.values.identity import Caller

SIGN_IN = "Sign in, or send a key as `Authorization: Bearer …`."
BAD_KEY = "The key is unknown, revoked or expired, or its owner is suspended."


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What a request shows of who makes it; each is empty if there is none."""

    key: str = ""
    cookie: str = ""
    acts_as: str = ""
    """The user for whom the owner of the key asks."""
    address: str = ""
    """Where it comes from."""


class Callers:
    """Finds out who makes a request."""

    def __init__(self, database: Database, settings: ApiSettings) -> None:
        self._database = database
        self._settings = settings

    def caller(self, presented: Presented) -> Caller:
        """Return who makes a request.

        Without sign-in it is the configured user. A key counts before a cookie.

        Raises: UnauthenticatedError; NotAllowedError if a key may not act as the user it names.
        """
        if not self._settings.sign_in:
            return self._configured()
        if presented.key:
            return self._by_key(presented)
        if presented.cookie:
            return self._by_session(presented.cookie)
        raise UnauthenticatedError(SIGN_IN)

    def confirm(self, caller: Caller, presented: Presented) -> None:
        """Check that a request which is still being worked on could be made again.

        Raises: UnauthenticatedError if its caller may no longer read as much, or do as much.
        """
        now = self.caller(presented)
        if not (caller.access.principals <= now.access.principals and caller.scopes <= now.scopes):
            raise UnauthenticatedError("What you may read has changed; the answer was stopped. Ask again.")

    def _configured(self) -> Caller:
        user = self._settings.user.removeprefix("user:")
        return Caller(user=user, access=scope_of(user, self._settings.groups), credential="local")

    def _by_key(self, presented: Presented) -> Caller:
        with self._database.reading() as session:
            found = key_store.live_key(session, presented.key)
        if found is None:
            raise UnauthenticatedError(BAD_KEY)
        key, owner = found
        if not key_store.is_use_noted(key, presented.address):
            with self._database.writing() as session:
                key_store.note_use(session, key.kid, presented.address)
        user = self._acted_as(presented.acts_as, key) if presented.acts_as else owner
        return Caller(
            user=user.name,
            access=user.access,
            scopes=key.scopes,
            credential=f"key {key.kid}",
            actor=owner.name if presented.acts_as else "",
        )

    def _acted_as(self, name: str, key: key_store.Key) -> Account:
        """Return the active person for whom a key is used. Raises: NotAllowedError, the same for all else."""
        refusal = NotAllowedError(f"This key may not act as {name}; nothing was done.")
        if not key.may_act_as:
            raise refusal
        try:
            with self._database.reading() as session:
                user = find_account(session, name)
        except NotFoundError as error:
            raise refusal from error
        if not user.is_active or user.is_service or user.is_administrator:
            raise refusal
        return user

    def _by_session(self, cookie: str) -> Caller:
        with self._database.reading() as session:
            found = session_store.live_session(session, cookie)
        if found is None:
            raise UnauthenticatedError(SIGN_IN)
        entry, account = found
        if not session_store.is_use_noted(entry):
            with self._database.writing() as session:
                session_store.note_use(session, entry.id)
        return Caller(user=account.name, access=account.access, credential=f"session {entry.id}")
