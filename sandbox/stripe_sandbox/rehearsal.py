"""What is done only to see what would come of it: https://docs.stripe.com/api/invoices/create_preview."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stripe_sandbox.ids import Ids

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


class _Ids(Ids):
    """Invoices and lines of a preview are named as Stripe names them."""

    def new(self, prefix: str) -> str:
        """The next identifier of a kind."""
        return super().new({"in": "upcoming_in", "il": "il_tmp"}.get(prefix, prefix))


class _Over(Exception):
    """The rehearsal has come to its end."""


@contextmanager
def rehearsal(sandbox: Sandbox) -> Iterator[None]:
    """Whatever happens to the account within the block is undone at its end, and nobody is told of it.

    Identifiers are drawn from another sequence: those that come later do not depend on what was rehearsed.
    """
    mark, ids, on_draft = sandbox.agenda.mark(), sandbox.ids, sandbox.on_draft
    sandbox.ids = _Ids(f"{len(sandbox.store.table('line_item'))} rehearsed")
    try:
        with sandbox.store.all_or_nothing(lambda error: True):
            yield
            raise _Over
    except _Over:
        pass
    finally:
        sandbox.ids, sandbox.on_draft = ids, on_draft
        sandbox.agenda.forget_since(mark)
        sandbox.events.forget()
