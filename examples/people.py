"""Whom a host app offers for log-in: the demo hands over its sample customers in the environment."""

import json
import os
from typing import Any

PEOPLE: list[dict[str, Any]] = json.loads(os.environ.get("HOST_PEOPLE", "[]"))
PORT = int(os.environ.get("HOST_PORT", "8000"))


def known(email: str) -> bool:
    """Whether this is one of them: nobody logs in as anybody else."""
    return any(person["email"] == email for person in PEOPLE)
