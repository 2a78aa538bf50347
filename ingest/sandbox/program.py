"""A confined start of another program: `python -m ingest.sandbox.program TERMS PROGRAM …`.

The process gives up its rights and becomes the program, which keeps the limits and may run only
programs of the system.
"""

import json
import os
import sys

from ingest.sandbox.confinement import Terms, allow_computing, confine_program


def main(terms_json: str, program: str, *arguments: str) -> None:
    """Become the program; never returns."""
    raw = json.loads(terms_json)
    terms = Terms(**{**raw, "hidden": tuple(raw["hidden"])})
    confine_program(terms)
    allow_computing(terms.cpu_seconds)
    os.execv(program, [program, *arguments])  # noqa: S606  (what the service named, with no shell)


if __name__ == "__main__":
    main(*sys.argv[1:])
