"""Writing into the audit trail in a visitor's name."""

from __future__ import annotations

import logging

from invoice_portal.errors import StoreUnavailable
from invoice_portal.sharing.trail import Entry, appending
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")


async def record(visit: Visit, entry: Entry) -> None:
    """Record what a visitor did or was served. Where the database does not answer, the record goes to the log instead.

    Whoever came by login or signature needs no database: a visitor is not sent away because a record failed.
    """
    if not visit.settings.audit_trail:
        return
    try:
        await appending(visit.desk, entry)
    except StoreUnavailable as error:
        log.error("not in the audit trail (%s): %s", error.detail, entry)
