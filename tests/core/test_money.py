"""Amounts, with Stripe's own table of currencies written out once more."""

import ast
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.money import Money, exponent, format_money, format_unit_price

from .helpers.paths import CORE

# docs.stripe.com/currencies, copied by hand: it must not be taken from the code that is tested here.
NO_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905
THREE_DECIMALS = ["bhd", "jod", "kwd", "omr", "tnd"]
SENT_TIMES_HUNDRED = ["isk", "ugx"]
TWO_DECIMALS = """
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop
    crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr
    kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk
    php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah uyu uzs
    wst xcd yer zar zmw
""".split()  # noqa: SIM905
EVERY = NO_DECIMALS + THREE_DECIMALS + SENT_TIMES_HUNDRED + TWO_DECIMALS


def test_stripes_table():
    table = {currency: exponent(currency) for currency in EVERY}
    assert table == (
        dict.fromkeys(NO_DECIMALS, 0)
        | dict.fromkeys(THREE_DECIMALS, 3)
        | dict.fromkeys(SENT_TIMES_HUNDRED, 2)
        | dict.fromkeys(TWO_DECIMALS, 2)
    )


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123456, "usd", "$1,234.56"),
        (5, "usd", "$0.05"),
        (0, "usd", "$0.00"),
        (100, "usd", "$1.00"),
        (-123456, "usd", "-$1,234.56"),
        (1234, "jpy", "¥1,234"),
        (1234, "clp", "CLP\xa01,234"),
        (5, "mga", "MGA\xa05"),
        (1234567, "kwd", "KWD\xa01,234.567"),
        (10, "bhd", "BHD\xa00.010"),
        (150000, "isk", "ISK\xa01,500"),
        (150000, "ugx", "UGX\xa01,500"),
        (150050, "isk", "ISK\xa01,500.50"),
        (-150000, "isk", "-ISK\xa01,500"),
        (0, "ugx", "UGX\xa00"),
        (123456, "huf", "HUF\xa01,234.56"),
        (123400, "twd", "NT$1,234.00"),
        (99999999, "eur", "€999,999.99"),
        (10**17, "usd", "$1,000,000,000,000,000.00"),
        (123456, "xyz", "XYZ\xa01,234.56"),
    ],
)
def test_amounts_in_english(amount: int, currency: str, text: str):
    assert format_money(Money(amount, currency), "en") == text


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        ("en", ["$1,234.56", "-$1,234.56", "¥1,234", "€0.99", "KWD\xa01.500"]),
        ("en_GB", ["US$1,234.56", "-US$1,234.56", "JP¥1,234", "€0.99", "KWD\xa01.500"]),
        ("de", ["1.234,56\xa0$", "-1.234,56\xa0$", "1.234\xa0¥", "0,99\xa0€", "1,500\xa0KWD"]),
        ("de_AT", ["$\xa01.234,56", "-$\xa01.234,56", "¥\xa01.234", "€\xa00,99", "KWD\xa01,500"]),
        ("fr", ["1\u202f234,56\xa0$US", "-1\u202f234,56\xa0$US", "1\u202f234\xa0JPY", "0,99\xa0€", "1,500\xa0KWD"]),
        ("ja", ["$1,234.56", "-$1,234.56", "￥1,234", "€0.99", "KWD\xa01.500"]),
    ],
)
def test_amounts_as_other_people_write_them(locale: str, texts: list[str]):
    amounts = [Money(123456, "usd"), Money(-123456, "usd"), Money(1234, "jpy"), Money(99, "eur"), Money(1500, "kwd")]
    assert [format_money(money, locale) for money in amounts] == texts


def test_amounts_in_arabic_have_their_digits_and_marks_in_place():
    text = format_money(Money(-123456, "usd"), "ar")
    assert "1,234.56" in text
    assert "US$\u200e" in text, "without a mark the dollar sign would change sides"
    assert text.count("-") == 1
    assert text.startswith("\u200f"), "the amount must keep its order in a text that runs from right to left"


@pytest.mark.parametrize(("locale", "currency"), [("en", "usd"), ("en_GB", "usd"), ("ar", "eur"), ("ar", "chf")])
def test_no_mark_is_put_where_none_is_needed(locale: str, currency: str):
    assert "\u200e" not in format_money(Money(100, currency), locale)


@pytest.mark.parametrize("locale", ["en", "en_GB", "de", "de_AT", "fr", "fr_CH", "es", "ja", "ar", "hi", "fa", "sv"])
def test_every_currency_can_be_written_everywhere(locale: str):
    for currency in EVERY:
        text = format_money(Money(12345678, currency), locale)
        digits = "".join(character for character in text if character in "0123456789")
        assert digits == "12345678", f"{currency}: {text}"
        whole = format_money(Money(12345600, currency), locale)
        short = "".join(character for character in whole if character in "0123456789")
        assert short == ("123456" if currency in SENT_TIMES_HUNDRED else "12345600"), f"{currency}: {whole}"


amounts = st.integers(-(10**17), 10**17)


@given(amounts, st.sampled_from(EVERY))
def test_what_is_written_in_english_reads_back_as_the_exact_amount(amount: int, currency: str):
    text = format_money(Money(amount, currency), "en")
    digits = "".join(character for character in text if character in "0123456789.-")
    assert Decimal(digits).scaleb(exponent(currency)) == amount
    assert text.startswith("-") == (amount < 0)


@given(amounts, st.sampled_from(EVERY))
def test_the_value_is_exact(amount: int, currency: str):
    value = Money(amount, currency).value
    assert isinstance(value, Decimal)
    assert value * 10 ** exponent(currency) == amount


@given(amounts, st.sampled_from(["usd", "eur", "gbp", "jpy", "kwd"]))
def test_no_decimal_is_ever_dropped_or_added(amount: int, currency: str):
    _, _, decimals = format_money(Money(amount, currency), "en").partition(".")
    assert len(decimals) == exponent(currency)


# Unit prices


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        ("2500", "usd", "$25.00"),
        ("0.5", "usd", "$0.005"),
        ("0.000000000001", "usd", "$0.00000000000001"),
        ("123.456789012345", "usd", "$1.23456789012345"),
        ("1000000.000000000001", "usd", "$10,000.00000000000001"),
        ("0", "usd", "$0.00"),
        ("-2500", "usd", "-$25.00"),
        ("12.5", "jpy", "¥12.5"),
        ("12", "jpy", "¥12"),
        ("1.5", "kwd", "KWD\xa00.0015"),
        ("150000", "isk", "ISK\xa01,500"),
        ("150050", "isk", "ISK\xa01,500.5"),
        ("2500.000000000000", "usd", "$25.00"),
        ("1E+3", "usd", "$10.00"),
    ],
)
def test_unit_prices_keep_every_decimal(minor: str, currency: str, text: str):
    assert format_unit_price(Decimal(minor), currency, "en") == text


@given(st.decimals(min_value=0, max_value=10**8, places=12), st.sampled_from(["usd", "jpy", "kwd"]))
def test_a_unit_price_reads_back_exactly(minor: Decimal, currency: str):
    text = format_unit_price(minor, currency, "en")
    digits = "".join(character for character in text if character in "0123456789.")
    assert Decimal(digits).scaleb(exponent(currency)) == minor


def test_a_unit_price_in_german_and_arabic():
    assert format_unit_price(Decimal("0.5"), "eur", "de") == "0,005\xa0€"
    assert "0.005" in format_unit_price(Decimal("0.5"), "eur", "ar")


# Floats


@pytest.mark.parametrize("folder", ["money.py", "stripe_api", "pages"])
def test_no_float_comes_near_an_amount(folder: str):
    """JSON's percentages are the one exception; they are read in one place and are no money."""
    path = CORE / folder
    for file in [path] if path.is_file() else sorted(path.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"{file.name}: {node.lineno}"
            divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            assert not divides or file.name != "money.py", f"{file.name}: {node.lineno} divides"
            named = isinstance(node, ast.Name) and node.id in ("float", "round")
            assert not named or file.name == "reading.py", f"{file.name}: {node.lineno} uses {ast.unparse(node)}"
