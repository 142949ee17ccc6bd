"""A page of the host project's own."""

from django.http import HttpRequest, HttpResponse
from django.template import engines

page = ""
"""The template of the page; the test at hand sets it."""


def show(request: HttpRequest) -> HttpResponse:
    """Render the page."""
    return HttpResponse(engines["django"].from_string(page).render({}, request))
