"""The portal's routes as async views: ``path("billing/", include("django_portal.aurls"))``."""

from django_portal.mounting import NAMESPACE, async_view, url_patterns

app_name = NAMESPACE
urlpatterns = url_patterns(async_view)
