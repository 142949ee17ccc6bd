"""The merchant's look: what may be set, the stylesheet that it becomes, and which colours are hard to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from invoice_portal import ConfigurationError, Theme
from invoice_portal.branding import Branding
from invoice_portal.colours import bright_luminance, contrast, link_luminance, luminance, read_colour
from invoice_portal.effects import Program
from invoice_portal.errors import StripeRefused
from invoice_portal.resources import data_dir
from invoice_portal.theme import concerns, logo_sources, overridden, stylesheet

from .helpers.programs import Stripe, play


def test_nothing_set_is_no_stylesheet_and_no_concern() -> None:
    assert stylesheet(Theme()) == ""
    assert concerns(Theme()) == ()
    assert logo_sources(Theme()) == ()


def test_what_is_set_becomes_the_variables_of_the_stylesheet() -> None:
    css = stylesheet(
        Theme(
            accent="#0A7",
            accent_dark="#5fd39b",
            surface=("#fff", "#111111"),
            line="#ccc",
            scheme="dark",
            font='"Inter", sans-serif',
            radius="0.5rem",
        )
    )
    assert "--portal-accent: #00aa77;" in css
    assert "--portal-surface: light-dark(#ffffff, #111111);" in css
    assert "--portal-line: light-dark(#cccccc, #cccccc);" in css
    assert '--portal-font: "Inter", sans-serif;' in css
    assert "--portal-radius: 0.5rem;" in css
    assert ".portal { --portal-bright: #5fd39b; }" in css
    assert ".portal-page { color-scheme: dark; }" in css


def test_every_variable_is_one_that_the_stylesheet_has_with_the_defaults_that_are_checked() -> None:
    css = Path(data_dir("static") / "portal.css").read_text()
    theme = Theme(
        accent="#000", accent_dark="#fff", ground="#fff", surface="#fff", ink="#000", muted="#555", line="#ccc"
    )
    for name in re.findall(r"--portal-[a-z]+", stylesheet(theme)):
        assert f"{name}:" in css, name
    for name in ("ground", "surface", "ink", "muted", "line"):
        found = re.search(rf"--portal-{name}: light-dark\((#\w+), (#\w+)\);", css)
        assert found is not None
        assert Theme().colours(name) == (read_colour(found[1]), read_colour(found[2])), name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"accent": "red"}, "accent must be a colour, #rgb or #rrggbb, not 'red'"),
        ({"accent": "#12"}, "accent must be a colour"),
        ({"accent": "#123456;}"}, "accent must be a colour"),
        ({"accent": "#123\n"}, "accent must be a colour"),
        ({"accent": 5}, "accent must be a colour"),
        ({"accent": ("#000", "#fff")}, "accent must be a colour"),
        ({"ink": ("#000",)}, "ink must be two colours"),
        ({"ink": ("#000", "white")}, "ink must be two colours"),
        ({"ground": "url(x)"}, "ground must be a colour"),
        ({"scheme": "black"}, "scheme must be auto, light or dark"),
        ({"font": 'Inter"; } body { display: none'}, "font must be a list of families"),
        ({"font": '"Inter'}, "font must be a list of families"),
        ({"font": "url(x)"}, "font must be a list of families"),
        ({"font": "a\\"}, "font must be a list of families"),
        ({"radius": "1"}, "radius must be a length"),
        ({"radius": "calc(1px)"}, "radius must be a length"),
        ({"logo": "http://cdn.example/logo.svg"}, "logo must be an https:// address"),
        ({"logo": "//cdn.example/logo.svg"}, "logo must be an https:// address"),
        ({"logo": "data:image/png;base64,AA"}, "logo must be an https:// address"),
        ({"logo": "https://cdn.example/a b.svg"}, "logo must be an https:// address"),
        ({"logo_dark": "javascript:alert(1)"}, "logo_dark must be an https:// address"),
    ],
)
def test_what_cannot_stand_in_a_stylesheet_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        Theme(**given)  # type: ignore[arg-type]


def test_a_name_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match="theme: 'color' is not known"):
        Theme.from_mapping({"color": "#000"})
    assert Theme.from_mapping({"ink": ["#000", "#fff"]}) == Theme(ink=("#000", "#fff"))


def test_the_address_of_a_stylesheet_changes_colours_and_nothing_else() -> None:
    theme = Theme(accent="#111", accent_dark="#eee", font="serif", radius="0", logo="/logo.svg")
    changed = overridden(
        theme, {"accent": "0a7", "scheme": "dark", "font": "x", "radius": "9px", "logo": "/x", "v": "1"}
    )
    assert changed == Theme(accent="#0a7", scheme="dark", font="serif", radius="0", logo="/logo.svg")
    for wrong in ("#0a7", "red", "0a7;}", "0a7 ", "", "12345", "url(x)"):
        assert overridden(theme, {"accent": wrong, "ink": wrong, "scheme": wrong}) == theme


def test_images_may_be_loaded_from_the_logos_own_addresses_alone() -> None:
    assert logo_sources(Theme(logo="/logo.svg")) == ()
    theme = Theme(logo="https://cdn.example/a;b,c/logo.svg?v=1#x", logo_dark="https://cdn.example:8443")
    assert logo_sources(theme) == ("https://cdn.example/a%3Bb%2Cc/logo.svg", "https://cdn.example:8443/")


# Contrast


def light(text: str) -> float:
    colour = read_colour(text)
    assert colour is not None
    return luminance(colour)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast(light("#000"), light("#fff")) == pytest.approx(21)
    assert contrast(light("#767676"), light("#fff")) == pytest.approx(4.54, abs=0.01)
    assert contrast(light("#777"), light("#fff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", ["#000", "#fff", "#f00", "#0f0", "#00f", "#fc0", "#808080", "#4f46e5"])
def test_our_own_surfaces_can_bear_any_accent(accent: str) -> None:
    colour = read_colour(accent)
    assert colour is not None
    for under in ("#fff", "#f6f7f9"):
        assert contrast(link_luminance(colour), light(under)) >= 4.5
    for under in ("#171a21", "#0f1116"):
        assert contrast(bright_luminance(colour), light(under)) >= 4.5


def test_an_accent_that_is_too_light_for_text_is_reported() -> None:
    (told,) = concerns(Theme(accent="#fc0"))
    assert "accent #ffcc00 has a contrast of 1.51 on #ffffff, text needs 4.5" in told
    assert concerns(Theme(accent="#0a7d55")) == ()
    assert concerns(Theme(accent="#fc0", scheme="dark")) == ()


@pytest.mark.parametrize(
    ("theme", "parts"),
    [
        (Theme(ink=("#777", "#fff")), ["in the light, ink", "4.48 on surface #ffffff"]),
        (Theme(muted=("#555", "#444")), ["in the dark, muted", "on surface #171a21"]),
        (Theme(surface=("#fff", "#555")), ["in the dark", "the links' colour", "on surface #555555", "darker surface"]),
        (Theme(ground=("#888", "#000")), ["in the light", "on ground #888888", "lighter ground"]),
        (Theme(accent="#0a7d55", accent_dark="#333"), ["in the dark, the links' colour"]),
        (Theme(surface=("#bbb", "#171a21")), ["the edges of fields"]),
    ],
)
def test_colours_that_are_hard_to_read_are_reported(theme: Theme, parts: list[str]) -> None:
    told = "\n".join(concerns(theme))
    for part in parts:
        assert part in told


def test_only_what_is_shown_is_reported() -> None:
    assert concerns(Theme(ink=("#777", "#fff"), scheme="dark")) == ()
    assert concerns(Theme(ink=("#000", "#222"), scheme="light")) == ()


# The Stripe account's branding


def themed(branding: Branding, stripe: Stripe, theme: Theme, now: int) -> Theme:
    program: Program[Theme] = branding.themed(theme, now)
    return play(program, stripe)


def account(primary: str | None, secondary: str | None = None) -> dict[str, object]:
    branding = {"primary_color": primary, "secondary_color": secondary}
    return {"id": "acct_1", "object": "account", "settings": {"branding": branding}}


def test_the_accounts_colour_is_asked_for_once_an_hour() -> None:
    stripe, branding = Stripe({"/v1/account": account("#0a7d55")}), Branding(wanted=True)
    for now in (1000, 1001, 4599):
        assert themed(branding, stripe, Theme(), now) == Theme(accent="#0a7d55")
    assert len(stripe.calls) == 1
    themed(branding, stripe, Theme(), 4600)
    assert len(stripe.calls) == 2


def test_an_accent_of_the_merchants_own_comes_first_and_stripe_is_not_asked_unless_wanted() -> None:
    stripe = Stripe({"/v1/account": account("#0a7d55")})
    assert themed(Branding(wanted=True), stripe, Theme(accent="#111"), 1) == Theme(accent="#111")
    assert themed(Branding(wanted=False), stripe, Theme(), 1) == Theme()
    assert stripe.calls == []


@pytest.mark.parametrize("colour", [None, "", "red", "#12;}"])
def test_a_colour_that_is_none_changes_nothing(colour: str | None) -> None:
    assert themed(Branding(wanted=True), Stripe({"/v1/account": account(colour)}), Theme(), 1) == Theme()
    second = Stripe({"/v1/account": account("", "#123456")})
    assert themed(Branding(wanted=True), second, Theme(), 1) == Theme(accent="#123456")


def test_a_key_that_may_not_read_it_is_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    stripe = Stripe({"/v1/account": StripeRefused("the key may not", permission="rak_x")})
    assert themed(Branding(wanted=True), stripe, Theme(radius="0"), 1) == Theme(radius="0")
    assert "theme_from_stripe: the account's branding cannot be read: the key may not" in caplog.text
