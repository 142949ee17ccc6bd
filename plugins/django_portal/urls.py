"""The portal's routes as sync views: ``path("billing/", include("django_portal.urls"))``."""

from django_portal.mounting import NAMESPACE, sync_view, url_patterns

app_name = NAMESPACE
urlpatterns = url_patterns(sync_view)
