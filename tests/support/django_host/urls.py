"""The host project with sync views."""

from django.urls import include, path

from support.django_host import views

urlpatterns = [path("billing/", include("django_portal.urls")), path("page", views.show)]
