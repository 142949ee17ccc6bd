"""Links and portal sessions in Django's admin: list, search, refresh, revoke. Rows are changed by the core alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.timezone import localtime

from django_portal.conf import get_portal
from django_portal.models import Customer, Link, PortalSession, Record
from invoice_portal.errors import InvoicePortalError, PortalError
from invoice_portal.sharing.model import LinkRow, SessionRow

_NEVER_SHOWN = ("nonce", "generation")


def moment(field: str, heading: str) -> Callable[[Any, Model], str]:
    """A column that shows UTC seconds as a time in the project's zone."""

    @admin.display(description=heading, ordering=field, empty_value="-")
    def column(self: Any, row: Model) -> str:
        seconds = getattr(row, field)
        return "" if seconds is None else f"{localtime(datetime.fromtimestamp(seconds, UTC)):%Y-%m-%d %H:%M}"

    return column


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looked at, searched and acted on, never edited."""

    exclude = _NEVER_SHOWN

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A row is revoked, not deleted: whoever has its address is then told why."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Fields are only shown; the actions ask for their own permission."""
        return False

    def has_governing_permission(self, request: HttpRequest) -> bool:
        """Who may refresh and revoke: whoever has Django's permission to change these rows."""
        options = self.model._meta
        user: Any = request.user
        allowed: bool = user.has_perm(f"{options.app_label}.change_{options.model_name}")
        return allowed

    def each(self, request: HttpRequest, rows: QuerySet[Any], do: Callable[[Any], object], done: str) -> None:
        """Do something with every chosen row, and say how it went."""
        count = 0
        for row in rows:
            try:
                do(row)
                count += 1
            except InvoicePortalError as error:
                text = (error.detail or error.title) if isinstance(error, PortalError) else str(error)
                self.message_user(request, f"{row}: {text}", messages.ERROR)
        if count:
            self.message_user(request, done.format(count), messages.SUCCESS)


def _who(request: HttpRequest) -> str:
    return f"admin {request.user.pk}"


@admin.register(Link)
class LinkAdmin(ReadOnly):
    """Links to invoices and to customers' portals."""

    list_display = ("subject", "kind", "customer", "state", "uses", "expires", "made", "last_opened", "created_by")
    list_filter = ("kind",)
    search_fields = ("=id", "subject", "customer", "created_by")
    ordering = ("-created_at",)
    actions = ("refresh", "revoke")
    expires = moment("expires_at", "expires")
    made = moment("created_at", "made")
    last_opened = moment("last_used_at", "last opened")

    @admin.display(description="state")
    def state(self, row: Link) -> str:
        """Whether it still opens anything."""
        values: dict[str, Any] = {name: getattr(row, name) for name in LinkRow.__slots__}
        return LinkRow(**values).state(get_portal().desk("admin").now).replace("_", " ")

    @admin.action(description="Refresh: a new link, the old one ends", permissions=["governing"])
    def refresh(self, request: HttpRequest, rows: QuerySet[Link]) -> None:
        """Refresh the chosen links, and show their new addresses."""
        links = get_portal().links

        def refresh(row: Link) -> None:
            self.message_user(request, f"New link to {row.subject}: {links.refresh(row.subject, by=_who(request)).url}")

        self.each(request, rows, refresh, "{} refreshed.")

    @admin.action(description="Revoke: the link ends at once", permissions=["governing"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Link]) -> None:
        """Revoke the chosen links."""
        links = get_portal().links
        self.each(request, rows, lambda row: links.revoke(row.subject, by=_who(request)), "{} revoked.")


@admin.register(PortalSession)
class PortalSessionAdmin(ReadOnly):
    """Portal sessions."""

    list_display = ("id", "customer", "state", "uses", "made", "expires", "ended", "created_by")
    search_fields = ("=id", "customer", "created_by")
    ordering = ("-created_at",)
    actions = ("revoke",)
    made = moment("created_at", "made")
    expires = moment("expires_at", "expires")
    ended = moment("revoked_at", "revoked")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PortalSession]:
        """The sessions with their customer's generation: a newer session may have ended them."""
        of = Customer.objects.filter(account=OuterRef("account"), customer=OuterRef("customer"))
        return super().get_queryset(request).annotate(current=Subquery(of.values("generation")[:1]))

    @admin.display(description="state")
    def state(self, row: PortalSession) -> str:
        """Whether it still opens anything."""
        values: dict[str, Any] = {name: getattr(row, name) for name in SessionRow.__slots__}
        return SessionRow(**values).state(get_portal().desk("admin").now)

    @admin.action(description="Revoke: the session ends at once", permissions=["governing"])
    def revoke(self, request: HttpRequest, rows: QuerySet[PortalSession]) -> None:
        """Revoke the chosen sessions."""
        sessions = get_portal().sessions
        self.each(request, rows, lambda row: sessions.revoke(row.id, by=_who(request)), "{} ended.")


@admin.register(Record)
class RecordAdmin(ReadOnly):
    """The audit trail."""

    list_display = ("sequence", "when", "action", "actor", "subject", "customer")
    list_filter = ("action",)
    search_fields = ("subject", "customer", "actor")
    ordering = ("-sequence",)
    when = moment("at", "when")
