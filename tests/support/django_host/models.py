"""The host project's users."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A user who knows their customer id at Stripe."""

    stripe_customer_id: models.CharField[str, str] = models.CharField(max_length=255, blank=True)

    class Meta:
        """The app has no package of its own."""

        app_label = "host"
