"""`python -m fakes.programs.one_reader DATA STOP`: search until the file STOP is there; tell what was wrong.

A file `reader-PID` beside STOP says that it has begun. Before and after each search the database tells
what may be read. What may be read both times, in the same version, must be found; what may be read
neither time must not. A document that changed twice in between is left out: a slow search may have met
the state between the two changes.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

from fakes.application import make_app
from sqlalchemy import select

from api.app import App
from core.permissions import scope_of
from core.store.tables import LIVE, ChangeTable, GrantTable, VersionGrantTable, VersionTable

SCOPE = scope_of("ann")


def readable(app: App) -> set[tuple[int, int]]:
    """Return documents and versions that are live and readable now."""
    with app.database.reading() as session:
        rows = session.execute(
            select(VersionTable.document_id, VersionTable.number)
            .join(GrantTable, GrantTable.document_id == VersionTable.document_id)
            .join(VersionGrantTable, VersionGrantTable.version_id == VersionTable.id)
            .where(LIVE, GrantTable.principal.in_(SCOPE.principals))
            .where(VersionGrantTable.principal.in_(SCOPE.principals))
        )
        return {(document, version) for document, version in rows}


def changes(app: App) -> Counter[int]:
    """Return how often each document has changed."""
    with app.database.reading() as session:
        return Counter(session.scalars(select(ChangeTable.document_id)))


def main() -> None:
    """Search, and print the number of searches and whatever was wrong as JSON."""
    app = make_app(Path(sys.argv[1]))
    searches, wrong, seen = 0, [], set()
    while not Path(sys.argv[2]).exists():
        earlier, before = changes(app), readable(app)
        found = {(one.document_id, one.version) for one in app.searcher.search("pump", SCOPE, 200).passages}
        after, later = readable(app), changes(app)
        lost = [one for one in before & after - found if later[one[0]] - earlier[one[0]] < 2]
        extra = [one for one in found - before - after if later[one[0]] - earlier[one[0]] < 2]
        if lost or extra:
            wrong.append([sorted(lost), sorted(extra)])
        searches += 1
        Path(sys.argv[2]).with_name(f"reader-{os.getpid()}").touch()
        seen |= found
    app.close()
    print(json.dumps({"searches": searches, "wrong": wrong, "seen": len(seen)}))


if __name__ == "__main__":
    main()
