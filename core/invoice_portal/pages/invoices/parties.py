"""Sender and recipient, ready to print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from invoice_portal.i18n import Language
from invoice_portal.stripe_api.invoices import Address, Party

_CITY_STATE_CODE: Final = frozenset({"AU", "CA", "US"})
_CODE_LAST: Final = frozenset({"GB", "IE", "IN", "JP", "NZ", "SG"})


@dataclass(frozen=True, slots=True)
class PartyView:
    """Sender or recipient; ``address`` are its lines, the country's name last."""

    name: str
    address: tuple[str, ...]
    email: str
    phone: str
    tax_ids: tuple[str, ...]


def view_party(language: Language, party: Party) -> PartyView:
    """A party with its country in the visitor's language."""
    return PartyView(party.name, address_lines(language, party.address), party.email, party.phone, party.tax_ids)


def address_lines(language: Language, address: Address) -> tuple[str, ...]:
    """The lines of an address in the order of its country: Boston, MA 02109, but 10119 Berlin."""
    if address.country in _CITY_STATE_CODE:
        region = " ".join(part for part in (address.state, address.postal_code) if part)
        place: tuple[str, ...] = (", ".join(part for part in (address.city, region) if part),)
    elif address.country in _CODE_LAST:
        place = (address.city, address.state, address.postal_code)
    else:
        place = (" ".join(part for part in (address.postal_code, address.city) if part), address.state)
    country = language.country(address.country) if address.country else ""
    return tuple(line for line in (address.line1, address.line2, *place, country) if line)
