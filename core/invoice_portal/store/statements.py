"""Every statement, by name. Each runs unchanged on SQLite and on PostgreSQL, and is compiled once.

``INSERT … ON CONFLICT`` is spelled alike by both; SQLAlchemy's construct for PostgreSQL compiles for SQLite too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, Select, String, Table, and_, bindparam, delete, exists, or_, select, update
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.expression import Executable

from invoice_portal.store.tables import chain, counter, customer, link, offer, payment, record, session, switch


def _given(table: Table) -> dict[str, BindParameter[Any]]:
    """A parameter for every column, by its name."""
    return {column.name: bindparam(column.name, type_=column.type) for column in table.c}


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=String())


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger())


def _is(table: Table, *names: str) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"the_{name}", type_=table.c[name].type) for name in names))


_NOW: Final = _number("now")
_SUBJECT: Final = _is(link, "account", "kind", "subject")
_new_link: Final = insert(link).values(_given(link))
_new_portal_link: Final = insert(link).from_select(
    [column.name for column in link.c],
    select(*_given(link).values()).where(~exists(select(switch.c.name).where(switch.c.name == _text("switch")))),
)
_KEEP: Final[Any] = {"index_elements": ["account", "kind", "subject"], "set_": {"kind": link.c.kind}}
_USES_LEFT: Final = or_(link.c.max_uses.is_(None), link.c.uses < link.c.max_uses)
_REFRESHED: Final[dict[str, Any]] = {
    "nonce": _text("nonce"),
    "created_at": _NOW,
    "created_by": _text("created_by"),
    "expires_at": _number("expires_at"),
    "uses": 0,
    "revoked_at": None,
    "first_used_at": None,
    "last_used_at": None,
}
_current: Final = (
    select(customer.c.generation)
    .where(customer.c.account == session.c.account, customer.c.customer == session.c.customer)
    .scalar_subquery()
)
_FIRST_YOUNG: Final = select(sql.min(record.c.sequence)).where(record.c.at >= _number("before")).scalar_subquery()
_new_customer: Final = insert(customer).values(_given(customer))
_new_count: Final = insert(counter).values(_given(counter))
_new_chain: Final = insert(chain).values(_given(chain))
_new_payment: Final = insert(payment).values(_given(payment))
_OUTCOME: Final = _is(payment, "account", "intent", "outcome")
_ONE_OUTCOME: Final = ["account", "intent", "outcome"]
_new_offer: Final = insert(offer).values(_given(offer))
_OFFER: Final = _is(offer, "account", "customer", "offer")
_ONE_OFFER: Final = ["account", "customer", "offer"]


def _session_with_generation() -> Select[Any]:
    of = and_(customer.c.account == session.c.account, customer.c.customer == session.c.customer)
    return select(*session.c, customer.c.generation.label("current")).join(customer, of)


STATEMENTS: Final[Mapping[str, Executable]] = {
    # Links. Whoever makes one that is there already gets that one: the row is locked, and given as it is.
    "link.make": _new_link.on_conflict_do_update(**_KEEP).returning(*link.c),
    "link.make_unless": _new_portal_link.on_conflict_do_update(**_KEEP).returning(*link.c),
    "link.refresh": update(link).where(_SUBJECT).values(_REFRESHED).returning(*link.c),
    # What a visitor may bring about: only for a link that nothing but time has ended.
    "link.renew": update(link)
    .where(_is(link, "id", "account"), link.c.revoked_at.is_(None), link.c.expires_at <= _NOW, _USES_LEFT)
    .values(_REFRESHED)
    .returning(*link.c),
    "link.change": update(link)
    .where(_is(link, "id"))
    .values(actions=_text("actions"), max_uses=bindparam("max_uses", type_=Integer()))
    .returning(*link.c),
    "link.revoke": update(link).where(_SUBJECT, link.c.revoked_at.is_(None)).values(revoked_at=_NOW).returning(*link.c),
    "link.use": update(link)
    .where(
        _is(link, "id", "nonce", "kind", "account"),
        link.c.revoked_at.is_(None),
        or_(link.c.expires_at.is_(None), link.c.expires_at > _NOW),
        _USES_LEFT,
    )
    .values(uses=link.c.uses + 1, first_used_at=sql.coalesce(link.c.first_used_at, _NOW), last_used_at=_NOW)
    .returning(*link.c),
    "link.find": select(*link.c).where(_SUBJECT),
    "link.with_id": select(*link.c).where(_is(link, "id", "account")),
    "links.of_customer": select(*link.c).where(_is(link, "account", "customer")).order_by(link.c.kind, link.c.subject),
    # Sessions. One is good while its generation is its customer's: a new session that ends the others raises that.
    "customer.generation": _new_customer.on_conflict_do_update(
        index_elements=["account", "customer"], set_={"generation": customer.c.generation + _number("step")}
    ).returning(customer.c.generation),
    "customer.end": update(customer)
    .where(_is(customer, "account", "customer"))
    .values(generation=customer.c.generation + 1)
    .returning(customer.c.generation),
    "session.add": insert(session).values(_given(session)).returning(*session.c),
    "session.sweep": delete(session).where(
        _is(session, "account", "customer"), session.c.expires_at < _number("before")
    ),
    "session.revoke": update(session)
    .where(_is(session, "id", "account"), session.c.revoked_at.is_(None))
    .values(revoked_at=_NOW)
    .returning(session.c.id),
    "session.use": update(session)
    .where(
        _is(session, "id", "nonce", "account"),
        session.c.revoked_at.is_(None),
        session.c.expires_at > _NOW,
        session.c.generation == _current,
    )
    .values(uses=session.c.uses + 1, last_used_at=_NOW)
    .returning(*session.c, _current.label("current")),
    "session.with_id": _session_with_generation().where(_is(session, "id", "account")),
    "sessions.of_customer": _session_with_generation()
    .where(_is(session, "account", "customer"), session.c.expires_at > _NOW)
    .order_by(session.c.created_at.desc(), session.c.id),
    # Switches that are only ever put on.
    "switch.set": insert(switch).values(_given(switch)).on_conflict_do_nothing().returning(switch.c.name),
    "switch.find": select(switch.c.set_at).where(_is(switch, "name")),
    # The audit trail. The one row of the chain is locked first: records are appended one after the other.
    "chain.next": _new_chain.on_conflict_do_update(
        index_elements=["id"], set_={"sequence": chain.c.sequence + 1}
    ).returning(chain.c.sequence, chain.c.hash, chain.c.anchor_sequence, chain.c.anchor_hash),
    "chain.close": update(chain).values(hash=_text("hash")).where(_is(chain, "id")),
    "chain.anchor": update(chain)
    .values(anchor_sequence=_number("anchor_sequence"), anchor_hash=_text("anchor_hash"))
    .where(_is(chain, "id")),
    "chain.find": select(*chain.c).where(_is(chain, "id")),
    "record.add": insert(record).values(_given(record)),
    # The last record before the first that is young: one with a wrong clock among the young ones takes none with it.
    "record.last_before": select(record.c.sequence, record.c.hash)
    .where(record.c.sequence < _FIRST_YOUNG)
    .order_by(record.c.sequence.desc())
    .limit(1),
    "record.forget": delete(record).where(record.c.sequence <= _number("upto")),
    "record.last": select(sql.max(record.c.sequence).label("sequence")),
    "records.after": select(*record.c)
    .where(record.c.sequence > _number("after"))
    .order_by(record.c.sequence)
    .limit(bindparam("most", type_=Integer())),
    # Rate limits, where this database counts.
    "counter.hit": _new_count.on_conflict_do_update(
        index_elements=["id"], set_={"count": counter.c.count + 1}
    ).returning(counter.c.count),
    "counter.seen": select(counter.c.count).where(_is(counter, "id")),
    "counter.sweep": delete(counter).where(counter.c.ends_at < _NOW),
    # Outcomes of payments. A claim whose owner never told the host can be claimed again once it is stale.
    "payment.begin": _new_payment.on_conflict_do_update(
        index_elements=_ONE_OUTCOME,
        set_={name: _new_payment.excluded[name] for name in ("way", "visitor", "via", "claimed_at")},
    ),
    "payment.begun": select(payment.c.way, payment.c.visitor, payment.c.via)
    .where(
        _is(payment, "account", "intent"),
        or_(
            sql.substr(payment.c.outcome, 1, len("processing")) == "processing",
            and_(payment.c.outcome == "begun", payment.c.claimed_at > _number("since")),
        ),
    )
    .order_by(payment.c.claimed_at.desc(), payment.c.outcome.desc())
    .limit(1),
    "payment.claim": _new_payment.on_conflict_do_update(
        index_elements=_ONE_OUTCOME,
        set_={"claimed_at": _new_payment.excluded.claimed_at},
        where=and_(payment.c.told_at.is_(None), payment.c.claimed_at <= _number("stale")),
    ).returning(payment.c.id),
    # The turn to pay an invoice, which ``via`` has: its intent.
    "payment.turn": _new_payment.on_conflict_do_update(
        index_elements=_ONE_OUTCOME,
        set_={name: _new_payment.excluded[name] for name in ("via", "claimed_at")},
        where=or_(payment.c.claimed_at <= _number("stale"), payment.c.via == _new_payment.excluded.via),
    ).returning(payment.c.id),
    "payment.turn_over": delete(payment).where(_OUTCOME, _is(payment, "via")),
    "payment.release": delete(payment).where(_OUTCOME, payment.c.told_at.is_(None)),
    "payment.told": update(payment).where(_OUTCOME).values(told_at=_NOW),
    "payment.sweep": delete(payment).where(payment.c.claimed_at < _number("before")),
    # Offers. Claiming one that was shown: of two clicks, one has it.
    "offer.claim": update(offer)
    .where(_OFFER, offer.c.taken_at.is_(None))
    .values(taken_at=_number("taken_at"), subject=_text("subject"))
    .returning(offer.c.id),
    "offer.show": _new_offer.on_conflict_do_nothing(index_elements=_ONE_OFFER).returning(offer.c.id),
    "offer.take": _new_offer.on_conflict_do_update(
        index_elements=_ONE_OFFER,
        set_={"taken_at": _new_offer.excluded.taken_at, "subject": _new_offer.excluded.subject},
        where=offer.c.taken_at.is_(None),
    ).returning(offer.c.id),
    "offer.release": update(offer).where(_OFFER).values(taken_at=None),
    "offer.dismiss": _new_offer.on_conflict_do_update(
        index_elements=_ONE_OFFER,
        set_={"dismissed_at": _new_offer.excluded.dismissed_at},
        where=offer.c.dismissed_at.is_(None),
    ).returning(offer.c.id),
    "offers.of_customer": select(offer.c.offer, offer.c.taken_at, offer.c.dismissed_at).where(
        _is(offer, "account", "customer")
    ),
    "offers.counts": select(
        offer.c.offer,
        offer.c.kind,
        sql.count().label("shown"),
        sql.count(offer.c.taken_at).label("taken"),
        sql.count(offer.c.dismissed_at).label("dismissed"),
    )
    .where(_is(offer, "account"))
    .group_by(offer.c.offer, offer.c.kind)
    .order_by(offer.c.offer),
}
