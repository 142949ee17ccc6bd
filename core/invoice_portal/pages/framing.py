"""What stands around every page: the merchant's name, the visitor's, the languages, the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invoice_portal.assets import asset_url, theme_version
from invoice_portal.http import HostForm, Page
from invoice_portal.i18n import Languages
from invoice_portal.identity import Email
from invoice_portal.pages.menu import MenuEntry, menu_of
from invoice_portal.pages.paying.limits import pays_here
from invoice_portal.sessions import Arrival
from invoice_portal.theme import Theme, stylesheet
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language to switch to; ``url`` is the page at hand in it."""

    tag: str
    name: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything that the layout shows around a page, ready to print."""

    title: str
    language: str
    direction: str
    merchant: str
    customer: str
    customer_email: str
    home_url: str
    menu: tuple[MenuEntry, ...]
    host_url: str
    leave_url: str
    support_email: str
    stylesheet_url: str
    theme_url: str
    logo: str
    logo_dark: str
    languages: tuple[LanguageChoice, ...]
    hash_off: bool
    test_mode: bool
    framed: bool
    one_invoice: bool
    pays_here: bool


def context_of(visit: Visit, page: Page, languages: Languages) -> dict[str, Any]:
    """What a template is given: the page's own view-model, the frame, the form's hidden field and the texts."""
    return {
        **page.context,
        "frame": frame_of(visit, page, languages),
        "hidden_field": hidden_field_of(visit),
        "_": visit.language.gettext,
        "ngettext": visit.language.ngettext,
    }


def frame_of(visit: Visit, page: Page, languages: Languages) -> Frame:
    """The frame around one page."""
    settings, arrival = visit.settings, visit.arrival
    identity = arrival.identity if isinstance(arrival, Arrival) else None
    return Frame(
        title=page.title,
        language=visit.language.tag,
        direction=visit.language.direction,
        merchant=settings.business_name or page.context.get("merchant", ""),
        customer=page.context.get("customer_name", ""),
        customer_email=identity.address if isinstance(identity, Email) else "",
        home_url=visit.start_url,
        menu=menu_of(visit),
        host_url=settings.home_url,
        leave_url=visit.url("leave") if visit.by_session else "",
        support_email=settings.support_email,
        stylesheet_url=asset_url(visit, "portal.css"),
        theme_url=_theme_url(visit),
        logo=_logos(settings.theme)[0],
        logo_dark=_logos(settings.theme)[1],
        languages=_language_choices(visit, languages),
        hash_off=not settings.require_hash,
        test_mode=not settings.live,
        framed=visit.request.framed,
        one_invoice=visit.one_invoice is not None,
        pays_here=pays_here(visit),
    )


def _theme_url(visit: Visit) -> str:
    """The address of the merchant's own colours; empty where there are none."""
    settings = visit.settings
    themed = settings.theme_from_stripe or stylesheet(settings.theme)
    return visit.url("theme", {"v": theme_version(settings)}) if themed else ""


def _logos(theme: Theme) -> tuple[str, str]:
    """The logo, and another one for visitors whose device is dark, where the scheme leaves it to the device."""
    if theme.scheme == "dark":
        return theme.logo_dark or theme.logo, ""
    return theme.logo, theme.logo_dark if theme.scheme == "auto" else ""


def hidden_field_of(visit: Visit) -> HostForm | None:
    """The field for the page's forms; a stranger's page has none."""
    return visit.hidden_field() if isinstance(visit.arrival, Arrival) else None


def _language_choices(visit: Visit, languages: Languages) -> tuple[LanguageChoice, ...]:
    """The languages to choose from, where the visitor may choose and a GET can show the same page again.

    Not on a refused arrival: its address holds a signature, which must not stand in a page.
    """
    refused = visit.request.arriving and (visit.request.query or visit.request.args)
    if refused or not visit.settings.detect_language or visit.request.method != "GET":
        return ()
    query = {name: value for name, value in visit.request.query.items() if name != "lang"}
    return tuple(
        LanguageChoice(tag, name, visit.here({**query, "lang": tag}), tag == visit.language.code_tag)
        for tag, name in languages.names()
    )
