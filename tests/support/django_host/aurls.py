"""The host project with async views."""

from django.urls import include, path

from support.django_host import views

urlpatterns = [path("billing/", include("django_portal.aurls")), path("page", views.show)]
