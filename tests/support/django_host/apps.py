"""The host project's one app."""

from django.apps import AppConfig


class HostConfig(AppConfig):
    """The app with the project's users."""

    name = "support.django_host"
    label = "host"
