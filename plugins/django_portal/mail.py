"""How fresh links are sent unless the setting's ``hooks`` name something else: by the project's own mail."""

from __future__ import annotations

from django.core.mail import send_mail

from invoice_portal.sharing.fresh import FreshLink


def send_by_mail(fresh: FreshLink) -> None:
    """Send it from ``DEFAULT_FROM_EMAIL``."""
    send_mail(fresh.subject, fresh.text, None, [fresh.email])
