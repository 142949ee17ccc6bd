"""Which language a visitor gets, and how numbers, dates and texts are written in it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import ConfigurationError
from invoice_portal.i18n import Languages, accepted
from invoice_portal.money import Money

from .helpers.languages import PLURALS, speak
from .helpers.objects import NOW

# Accept-Language


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", []),
        ("de", ["de"]),
        ("de-AT,de;q=0.9,en;q=0.8", ["de-AT", "de", "en"]),
        ("en;q=0.2, de;q=0.9 , fr", ["fr", "de", "en"]),
        ("de;q=0.5,fr;q=0.5", ["de", "fr"]),
        ("de;q=0,fr", ["fr"]),
        ("de;q=1.5,fr", ["fr"]),
        ("de;q=-1,fr", ["fr"]),
        ("de;q=nan,fr;q=inf,es", ["es"]),
        ("de;q=high,fr", ["fr"]),
        (",,;,;q=1,de", ["de"]),
        ("de ; q=0.5", ["de"]),
        ("*", ["*"]),
    ],
)
def test_the_header_is_read_by_weight_and_then_by_place(header: str, tags: list[str]):
    assert accepted(header) == tags


@given(st.text(max_size=200) | st.text(alphabet="de-AT,;q=0.19* \t\x00", max_size=200))
def test_no_header_breaks_anything(header: str):
    languages = Languages()
    found = languages.find(accepted(header)) or languages.default
    assert found.gettext("Billing")


def test_an_endless_header_is_not_read_to_its_end():
    assert len(accepted(",".join(["de"] * 10_000))) <= 50


tags = st.text(max_size=12) | st.from_regex(r"[A-Za-z]{1,4}([-_@.][A-Za-z0-9]{0,9}){0,3}", fullmatch=True)


@given(tags)
def test_a_tag_that_is_found_is_fit_for_a_header_and_for_html(tag: str):
    found = Languages().find([tag])
    assert found is None or all(c.isascii() and (c.isalnum() or c == "-") for c in found.tag + found.code_tag)


def test_strange_tags_leave_nothing_behind():
    languages = Languages()
    for number in range(500):
        languages.find([f"en@x{number}", f"de.{number}", f"en-x{number}", f"fr-{number}-FR"])
    assert len(languages._known) < 10


# Negotiation


@pytest.mark.parametrize(
    ("wanted", "code", "tag"),
    [
        (["de"], "de", "de"),
        (["de-AT"], "de", "de-AT"),
        (["DE-at"], "de", "de-AT"),
        (["de_CH"], "de", "de-CH"),
        (["xx", "fr-CA"], "fr", "fr-CA"),
        (["sw", "*", "es-MX"], "es", "es-MX"),
        (["en-GB"], "en", "en-GB"),
        (["en-US", "de"], "en", "en-US"),
        (["ar-EG"], "ar", "ar-EG"),
        (["ja-JP"], "ja", "ja-JP"),
    ],
)
def test_the_first_language_that_is_spoken_is_taken_with_its_own_formats(wanted: list[str], code: str, tag: str):
    found = Languages().find(wanted)
    assert found is not None
    assert (found.code, found.tag) == (code, tag)


@pytest.mark.parametrize("wanted", [[], [""], ["sw"], ["*"], ["xx-XX"], ["klingon"], ["-"], ["d"], ["de-"]])
def test_what_is_not_spoken_is_none(wanted: list[str]):
    assert Languages().find(wanted) is None


def test_the_default_is_american_english():
    default = Languages().default
    assert (default.tag, default.direction) == ("en", "ltr")
    assert default.date(NOW) == "Oct 26, 2026"
    assert default.money(Money(123456, "usd")) == "$1,234.56"


def test_another_default_may_have_a_region():
    default = Languages("de-AT").default
    assert (default.code, default.tag) == ("de", "de-AT")
    assert default.money(Money(123456, "eur")) == "€\xa01.234,56"


def test_a_default_without_texts_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigurationError, match=r"default_language 'sw'.*ar, de, en"):
        Languages("sw")


def test_the_six_languages_are_there_by_their_own_names():
    names = dict(Languages().names())
    assert names == {
        "ar": "العربية",
        "de": "Deutsch",
        "en": "English",
        "es": "Español",
        "fr": "Français",
        "ja": "日本語",
    }


def test_arabic_runs_from_right_to_left():
    assert speak("ar").direction == "rtl"
    assert speak("de").direction == "ltr"


# Formats

OCTOBER = 1_793_000_000  # 2026-10-26 07:33:20 UTC


@pytest.mark.parametrize(
    ("tag", "short", "long", "number", "percent"),
    [
        ("en", "Oct 26, 2026", "October 26, 2026", "1,234.5", "19%"),
        ("en-GB", "26 Oct 2026", "26 October 2026", "1,234.5", "19%"),
        ("de", "26.10.2026", "26. Oktober 2026", "1.234,5", "19\xa0%"),
        ("de-AT", "26.10.2026", "26. Oktober 2026", "1.234,5", "19\xa0%"),
        ("de-CH", "26.10.2026", "26. Oktober 2026", "1’234.5", "19%"),
        ("fr", "26 oct. 2026", "26 octobre 2026", "1\u202f234,5", "19\xa0%"),
        ("es", "26 oct 2026", "26 de octubre de 2026", "1.234,5", "19\xa0%"),
        ("ja", "2026/10/26", "2026年10月26日", "1,234.5", "19%"),
    ],
)
def test_dates_and_numbers_by_region(tag: str, short: str, long: str, number: str, percent: str):
    language = speak(tag)
    assert language.date(OCTOBER) == short
    assert language.long_date(OCTOBER) == long
    assert language.number(Decimal("1234.5")) == number
    assert language.percent(Decimal(19)) == percent
    assert language.iso_date(OCTOBER) == "2026-10-26"


@pytest.mark.parametrize(
    ("percentage", "text"),
    [("19", "19%"), ("19.0", "19%"), ("7.7", "7.7%"), ("8.875", "8.875%"), ("0", "0%"), ("6.2525", "6.2525%")],
)
def test_percentages_keep_their_decimals_and_no_more(percentage: str, text: str):
    assert speak("en").percent(Decimal(percentage)) == text


def test_percentages_in_arabic_have_their_sign():
    assert "19" in speak("ar").percent(Decimal(19))
    assert "%" in speak("ar").percent(Decimal(19))


@pytest.mark.parametrize(
    ("number", "text"),
    [("4", "4"), ("0.5", "0.5"), ("1000000", "1,000,000"), ("2.123456789012", "2.123456789012"), ("3.0", "3")],
)
def test_quantities_keep_every_decimal(number: str, text: str):
    assert speak("en").number(Decimal(number)) == text


@given(st.integers(0, 253402300799), st.sampled_from(["en", "de", "fr", "es", "ja", "ar", "en-GB"]))
def test_every_moment_of_stripes_has_a_date(moment: int, tag: str):
    language = speak(tag)
    assert language.date(moment)
    assert language.long_date(moment)
    assert language.period(0, moment)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", "2026-10-26"), ("Pacific/Auckland", "2026-10-27"), ("America/Los_Angeles", "2026-10-25")],
)
def test_a_date_is_that_of_the_portals_time_zone(zone: str, day: str):
    early = int(datetime(2026, 10, 26, 3, tzinfo=UTC).timestamp())
    late = int(datetime(2026, 10, 26, 21, tzinfo=UTC).timestamp())
    moment = late if zone == "Pacific/Auckland" else early
    assert Languages(time_zone=zone).default.iso_date(moment) == day


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((2026, 10, 1), (2026, 11, 1), "Oct\u20091\u2009–\u2009Nov\u20091, 2026"),
        ((2026, 10, 1), (2026, 10, 15), "Oct 1\u2009–\u200915, 2026"),
        ((2025, 12, 1), (2026, 1, 1), "Dec 1, 2025\u2009–\u2009Jan 1, 2026"),
        ((2026, 10, 1), (2026, 10, 1), "Oct 1, 2026"),
        ((2026, 10, 2), (2026, 10, 1), "Oct 2, 2026"),
    ],
)
def test_a_period_is_one_span(start: tuple[int, int, int], end: tuple[int, int, int], text: str):
    first = int(datetime(*start, tzinfo=UTC).timestamp())
    last = int(datetime(*end, tzinfo=UTC).timestamp())
    spaces = str.maketrans({"\u2009": " ", "\u202f": " ", "\xa0": " "})
    assert speak("en").period(first, last).translate(spaces) == text.translate(spaces)


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Beirut", "Africa/Cairo", "Asia/Gaza"]
)
@given(day=st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31)))
def test_the_start_of_a_day_is_its_first_moment(zone: str, day: datetime):
    """Also where clocks jump at midnight: the moment before is the day before."""
    day = day.replace(hour=0, minute=0, second=0, microsecond=0)
    language = Languages(time_zone=zone).default
    start = language.start_of_day(day)
    assert language.iso_date(start) == day.date().isoformat()
    assert language.iso_date(start - 1) == (day.date() - timedelta(days=1)).isoformat()


def test_a_country_has_its_name_in_each_language():
    assert speak("en").country("DE") == "Germany"
    assert speak("de").country("de") == "Deutschland"
    assert speak("en").country("XX") == "XX"


# Texts


def test_a_text_without_a_translation_is_english():
    assert speak("de").gettext("A text that nobody translated") == "A text that nobody translated"


def test_no_text_is_no_text_and_not_a_files_header():
    for tag in ("en", "de", "ar"):
        assert speak(tag).gettext("") == ""


def test_values_are_filled_in_whatever_they_hold():
    language = speak("en")
    assert language.gettext("%(amount)s paid.", amount="100% of %(x)s") == "100% of %(x)s paid."
    assert language.gettext("100 % sure") == "100 % sure"


def test_values_in_a_right_to_left_text_keep_their_own_order():
    text = speak("ar").gettext("Invoice %(number)s", number="LMN-0001")
    assert "\u2068LMN-0001\u2069" in text


@pytest.mark.parametrize(
    ("tag", "count", "text"),
    [("en", 1, "1 open invoice"), ("en", 0, "0 open invoices"), ("en", 1234, "1,234 open invoices")],
)
def test_plurals_in_english(tag: str, count: int, text: str):
    assert speak(tag).ngettext(*PLURALS, count) == text


def test_each_language_has_as_many_plural_forms_as_it_needs():
    def forms(tag: str, counts: list[int]) -> int:
        language = speak(tag)
        numbers = [language.number(Decimal(count)) for count in counts]
        texts = [language.ngettext(*PLURALS, count) for count in counts]
        return len({text.replace(number, "#") for text, number in zip(texts, numbers, strict=True)})

    assert forms("de", [0, 1, 2, 5]) == 2
    assert forms("fr", [0, 1]) == 1, "zero is singular in French"
    assert forms("fr", [1, 2]) == 2
    assert forms("ja", [0, 1, 2, 5]) == 1
    assert forms("ar", [0, 1, 2, 3, 11, 100]) >= 4
