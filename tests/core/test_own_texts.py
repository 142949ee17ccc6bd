"""A host's own words: single texts, files that add or change a language, and those that cannot work."""

from pathlib import Path

import pytest

from invoice_portal import ConfigurationError
from invoice_portal.i18n import Languages, placeholders, source_messages

from .helpers.languages import PLURALS, folder_with, speak


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
