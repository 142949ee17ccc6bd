"""A project that shows the portal at two addresses, as sites with an address for each brand or country do."""

from django.urls import include, path

urlpatterns = [
    path("eu/billing/", include("django_portal.urls", namespace="eu")),
    path("us/billing/", include("django_portal.urls")),
]
