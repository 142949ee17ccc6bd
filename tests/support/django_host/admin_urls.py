"""The host project with its admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("billing/", include("django_portal.urls")), path("admin/", admin.site.urls)]
