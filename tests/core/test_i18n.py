"""Which language a visitor gets, whose words they are, and how numbers and dates are written."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import ConfigurationError
from invoice_portal.i18n import Language, Languages, accepted, placeholders, source_messages
from invoice_portal.money import Money

from .helpers.objects import NOW

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def folder_with(path: Path, catalogues: Mapping[str, str]) -> Path:
    """A host's folder of translations: the text of each file by locale."""
    for code, text in catalogues.items():
        file = path / code / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True)
        file.write_text(HEADER + text, encoding="utf-8")
    return path


def speak(tag: str, languages: Languages | None = None) -> Language:
    found = (languages or Languages()).find([tag])
    assert found is not None
    return found


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


PLURALS = ("%(count)s open invoice", "%(count)s open invoices")


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


# A host's own words


def test_a_host_rewords_single_texts_and_the_rest_stays():
    languages = Languages(extra={"de": {"Pay": "Jetzt zahlen"}, "en": {"Billing": "Your bills"}})
    assert speak("de", languages).gettext("Pay") == "Jetzt zahlen"
    assert speak("de-AT", languages).gettext("Pay") == "Jetzt zahlen"
    assert speak("de", languages).gettext("Billing") == speak("de").gettext("Billing")
    assert speak("en", languages).gettext("Billing") == "Your bills"
    assert speak("en", languages).gettext("Pay") == "Pay"


def test_a_host_rewords_for_one_region_only():
    languages = Languages(extra={"de-AT": {"Pay": "Begleichen"}})
    assert speak("de-AT", languages).gettext("Pay") == "Begleichen"
    assert speak("de-AT", languages).gettext("Billing") == speak("de").gettext("Billing"), "the rest stays German"
    assert speak("de", languages).gettext("Pay") == speak("de").gettext("Pay")


def test_a_host_rewords_plurals():
    languages = Languages(extra={"en": {PLURALS[0]: "one bill", PLURALS[1]: "%(count)s bills"}})
    language = speak("en", languages)
    assert (language.ngettext(*PLURALS, 1), language.ngettext(*PLURALS, 3)) == ("one bill", "3 bills")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"de": {"No such text": "x"}}, "the portal has no text 'No such text'"),
        ({"de": {"Pay": "%(sum)s zahlen"}}, "uses a placeholder that the text does not have"),
        ({"de": {"Pay %(amount)s": "%(amuont)s zahlen"}}, "uses a placeholder"),
        ({"de": {"Pay %(amount)s": "%s zahlen"}}, r"translations\['de'\]"),
        ({"de": {"Pay %(amount)s": "%(amount)d zahlen"}}, r"translations\['de'\]"),
        ({"de": {"Pay %(amount)s": "%(amount zahlen"}}, r"translations\['de'\]"),
        ({"de": {"Pay %(amount)s": "100 % %(amount)s"}}, r"translations\['de'\]"),
        ({"klingon": {"Pay": "DIl"}}, "'klingon' is not a known locale"),
        ({"": {"Pay": "x"}}, "not a known locale"),
    ],
)
def test_words_that_cannot_work_are_refused_at_the_start(texts: dict[str, dict[str, str]], message: str):
    with pytest.raises(ConfigurationError, match=message):
        Languages(extra=texts)


def test_a_hosts_file_goes_before_the_portals_own(tmp_path: Path):
    folder = folder_with(tmp_path, {"de": 'msgid "Pay"\nmsgstr "Jetzt zahlen"\n'})
    language = speak("de", Languages(extra=[folder]))
    assert language.gettext("Pay") == "Jetzt zahlen"
    assert language.gettext("Billing") == speak("de").gettext("Billing")


def test_the_first_folder_goes_before_the_second(tmp_path: Path):
    first = folder_with(tmp_path / "a", {"de": 'msgid "Pay"\nmsgstr "Erster"\n'})
    second = folder_with(
        tmp_path / "b", {"de": 'msgid "Pay"\nmsgstr "Zweiter"\n\nmsgid "Paid"\nmsgstr "Zweiter auch"\n'}
    )
    language = speak("de", Languages(extra=[str(first), second]))
    assert (language.gettext("Pay"), language.gettext("Paid")) == ("Erster", "Zweiter auch")


def test_a_hosts_file_adds_a_language(tmp_path: Path):
    folder = folder_with(tmp_path, {"nl": 'msgid "Pay"\nmsgstr "Betalen"\n'})
    languages = Languages(extra=[folder])
    assert speak("nl-BE", languages).gettext("Pay") == "Betalen"
    assert speak("nl", languages).gettext("Billing") == "Billing", "what it lacks is English"
    assert ("nl", "Nederlands") in languages.names()


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("pt_BR", "pt-BR"),
        ("zh_Hant", "zh-TW"),
        ("zh_TW", "zh-TW"),
        ("zh_CN", "zh-CN"),
        ("nb", "nb-NO"),
        ("pt-BR", "pt-BR"),
    ],
)
def test_a_file_is_found_under_every_common_name_of_its_locale(tmp_path: Path, code: str, asked: str):
    """Or its folder is refused at the start: a file that is silently never read helps nobody."""
    folder = folder_with(tmp_path, {code: 'msgid "Pay"\nmsgstr "PAY"\n'})
    try:
        languages = Languages(extra=[folder])
    except ConfigurationError:
        return
    assert speak(asked, languages).gettext("Pay") == "PAY"


def test_a_region_is_served_by_its_language_when_a_host_adds_both(tmp_path: Path):
    folder = folder_with(
        tmp_path,
        {
            "pt": 'msgid "Pay"\nmsgstr "Pagar"\n\nmsgid "Paid"\nmsgstr "Pago"\n',
            "pt_BR": 'msgid "Pay"\nmsgstr "Pague"\n',
        },
    )
    languages = Languages(extra=[folder])
    assert speak("pt-BR", languages).gettext("Pay") == "Pague"
    assert speak("pt-PT", languages).gettext("Pay") == "Pagar"


def test_fuzzy_texts_are_not_used(tmp_path: Path):
    folder = folder_with(tmp_path, {"nl": '#, fuzzy\nmsgid "Pay"\nmsgstr "Misschien"\n'})
    assert speak("nl", Languages(extra=[folder])).gettext("Pay") == "Pay"


@pytest.mark.parametrize("text", ["%(sum)s", "%s", "%d", "100 %", "%(amount", "%(amount)d"])
def test_a_hosts_file_with_a_wrong_placeholder_falls_back_to_english(tmp_path: Path, text: str):
    folder = folder_with(tmp_path, {"nl": f'msgid "Pay %(amount)s"\nmsgstr "{text}"\n'})
    try:
        languages = Languages(extra=[folder])
    except ConfigurationError:
        return
    assert speak("nl", languages).gettext("Pay %(amount)s", amount="$1") == "Pay $1"


@pytest.mark.parametrize(
    "text",
    [
        "this is no catalogue\n",
        'msgid "Pay"\nmsgid "Pay"\nmsgid',
        'msgid "Pay"\nmsgid_plural "Pays"\nmsgstr[9] "x"\n',
    ],
)
def test_a_broken_file_is_refused_at_the_start_with_its_path(tmp_path: Path, text: str):
    with pytest.raises(ConfigurationError, match=r"messages\.po cannot be read"):
        Languages(extra=[folder_with(tmp_path, {"nl": text})])


@pytest.mark.parametrize(
    "header",
    [
        b"Plural-Forms: nplurals=many; plural=0;",
        b"Plural-Forms: nplurals=2; plural=__import__('os');",
        b"Plural-Forms: nplurals=2; plural=n/0;",
        b"Content-Type: text/plain; charset=klingon",
        b"POT-Creation-Date: yesterday",
        b"PO-Revision-Date: 2026-99-99 99:99+0000",
        b"Content-Type: text/plain; charset=ascii\\nX-Name: \xc3\xbc",
        b"Content-Type: text/plain; charset=utf-8\\nX-Name: \xff",
    ],
)
def test_a_file_with_a_broken_header_is_refused_or_works(tmp_path: Path, header: bytes):
    file = tmp_path / "nl" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    plural = 'msgid "%(count)s open invoice"\nmsgid_plural "%(count)s open invoices"\nmsgstr[0] "a"\nmsgstr[1] "b"\n'
    file.write_bytes(b'msgid ""\nmsgstr "' + header + b'\\n"\n\n' + plural.encode())
    try:
        languages = Languages(extra=[tmp_path])
    except ConfigurationError:
        return
    assert speak("nl", languages).ngettext(*PLURALS, 5)


def test_a_file_in_another_encoding_is_read_as_it_says(tmp_path: Path):
    file = tmp_path / "nl" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    text = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=iso-8859-1\\n"\n\nmsgid "Pay"\nmsgstr "Betáál"\n'
    file.write_bytes(text.encode("iso-8859-1"))
    assert speak("nl", Languages(extra=[tmp_path])).gettext("Pay") == "Betáál"


def test_a_folder_that_is_not_there_or_empty_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="there is no folder"):
        Languages(extra=[tmp_path / "nowhere"])
    with pytest.raises(ConfigurationError, match="has no <locale>/LC_MESSAGES"):
        Languages(extra=[tmp_path])


def test_a_folder_of_an_unknown_locale_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="'klingon' is not a known locale"):
        Languages(extra=[folder_with(tmp_path, {"klingon": ""})])


def test_placeholders_and_the_list_of_texts():
    assert placeholders("%(amount)s of %(total)s, 5 %") == {"amount", "total"}
    assert {"Pay", *PLURALS} <= source_messages()
    assert "" not in source_messages()
