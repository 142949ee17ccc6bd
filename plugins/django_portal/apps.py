"""The Django app."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class DjangoPortalConfig(AppConfig):
    """Registers the system checks."""

    name = "django_portal"
    verbose_name = "Invoice Portal"

    def ready(self) -> None:
        """Check the settings at start-up and with ``manage.py check``."""
        from django_portal.checks import check_settings

        register(check_settings, Tags.security)
