"""Invoice Portal for Django.

::

    INSTALLED_APPS += ["django_portal"]
    INVOICE_PORTAL = {"stripe_api_key": …, "secret_keys": […]}
    path("billing/", include("django_portal.urls"))     # or django_portal.aurls: the same routes as async views
"""
