"""Tax IDs of customers and of the account: https://docs.stripe.com/api/tax_ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, OneOf, Text
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

TYPES = (
    "ad_nrt", "ae_trn", "al_tin", "am_tin", "ao_tin", "ar_cuit", "au_abn", "au_arn", "aw_tin", "az_tin", "ba_tin",
    "bb_tin", "bd_bin", "bf_ifu", "bg_uic", "bh_vat", "bj_ifu", "bo_tin", "br_cnpj", "br_cpf", "bs_tin", "by_tin",
    "ca_bn", "ca_gst_hst", "ca_pst_bc", "ca_pst_mb", "ca_pst_sk", "ca_qst", "cd_nif", "ch_uid", "ch_vat", "cl_tin",
    "cm_niu", "cn_tin", "co_nit", "cr_tin", "cv_nif", "de_stn", "do_rcn", "ec_ruc", "eg_tin", "es_cif", "et_tin",
    "eu_oss_vat", "eu_vat", "fo_vat", "gb_vat", "ge_vat", "gi_tin", "gn_nif", "hk_br", "hr_oib", "hu_tin", "id_npwp",
    "il_vat", "in_gst", "is_vat", "it_cf", "jp_cn", "jp_rn", "jp_trn", "ke_pin", "kg_tin", "kh_tin", "kr_brn",
    "kz_bin", "la_tin", "li_uid", "li_vat", "lk_vat", "ma_vat", "md_vat", "me_pib", "mk_vat", "mr_nif", "mx_rfc",
    "my_frp", "my_itn", "my_sst", "ng_tin", "no_vat", "no_voec", "np_pan", "nz_gst", "om_vat", "pe_ruc", "ph_tin",
    "pl_nip", "py_ruc", "ro_tin", "rs_pib", "ru_inn", "ru_kpp", "sa_vat", "sg_gst", "sg_uen", "si_tin", "sn_ninea",
    "sr_fin", "sv_nit", "th_vat", "tj_tin", "tr_tin", "tw_vat", "tz_vat", "ua_vat", "ug_tin", "us_ein", "uy_ruc",
    "uz_tin", "uz_vat", "ve_rif", "vn_tin", "za_vat", "zm_tin", "zw_tin",
)  # fmt: skip
_FORMS = {
    "eu_vat": r"(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)[0-9A-Z+*]{8,12}",
    "gb_vat": r"(GB|XI)?([0-9]{9}|[0-9]{12}|(GD|HA)[0-9]{3})",
    "us_ein": r"[0-9]{2}-[0-9]{7}",
}
"""What a number must look like; of the other types any text is taken."""
NEW: Fields = {"type": OneOf(TYPES, required=True), "value": Text(required=True, clearable=False)}
_OWNER = Hash({"customer": CUSTOMER, "type": OneOf(("customer", "self"), required=True)})


def new_tax_id(sandbox: Sandbox, type: str, value: str, customer: str | None) -> Json:
    """Enter a tax ID of a customer, or of the account itself. Raises StripeError where it cannot be one."""
    if not re.fullmatch(_FORMS.get(type, r".*"), value.replace(" ", ""), re.DOTALL):
        raise invalid(f"Invalid value for {type}.", "value", "tax_id_invalid")
    owner: Json = {"type": "self"}
    if customer is not None:
        owner = {"customer": customer, "customer_account": None, "type": "customer"}
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("txi"),
            "object": "tax_id",
            "country": _country(type, value),
            "created": sandbox.clock.now,
            "customer": customer,
            "customer_account": None,
            "livemode": False,
            "owner": owner,
            "type": type,
            "value": value,
            "verification": {
                "status": "pending" if type in ("eu_vat", "gb_vat", "au_abn") else "unavailable",
                "verified_address": None,
                "verified_name": None,
            },
        }
    )


def _country(type: str, value: str) -> str | None:
    """Most types begin with their country; a European number does itself (`EL` is Greece)."""
    if type in ("eu_vat", "eu_oss_vat"):
        prefix = value[:2].upper()
        return {"EL": "GR", "EU": None}.get(prefix, prefix if prefix.isalpha() else None)
    return type[:2].upper()


def _create_for_customer(call: Call) -> Json:
    customer = call.living("customer")
    return new_tax_id(call.sandbox, call.params["type"], call.params["value"], customer["id"])


def _create(call: Call) -> Json:
    return new_tax_id(call.sandbox, call.params["type"], call.params["value"], _owner(call))


def _owner(call: Call) -> str | None:
    """The customer whose tax IDs are meant; None is the account's own."""
    owner = call.params.get("owner", {"type": "self"})
    if owner["type"] == "self":
        return None
    if "customer" not in owner:
        raise invalid("Missing required param: owner[customer].", "owner[customer]", "parameter_missing")
    customer: str = owner["customer"]
    return customer


def _of_customer(call: Call) -> Json:
    found = call.named("tax_id", "id")
    if found["customer"] != call.named("customer")["id"]:
        raise missing("tax ID", found["id"], param="id")
    return found


def _list(call: Call) -> Json:
    owner = _owner(call)
    return call.page("tax_id", {}, lambda each: each["customer"] == owner)


def _delete(call: Call) -> Json:
    found = _of_customer(call) if "customer" in call.path else call.named("tax_id", "id")
    call.store.remove(found)
    return {"id": found["id"], "object": "tax_id", "deleted": True}


_OF_CUSTOMER = "/v1/customers/{customer}/tax_ids"
RESOURCE = Resource(
    kind="tax_id",
    permission="tax_id",
    noun="tax ID",
    missing_param="id",
    indexed=("customer",),
    expandable={"customer": Link("customer")},
    routes=(
        Route("GET", "/v1/tax_ids", _list, {"owner": _OWNER, **LISTING}),
        Route("POST", "/v1/tax_ids", _create, {"owner": _OWNER, **NEW}),
        Route("GET", "/v1/tax_ids/{id}", lambda call: call.named("tax_id", "id")),
        Route("DELETE", "/v1/tax_ids/{id}", _delete),
        Route(
            "GET",
            _OF_CUSTOMER,
            lambda call: call.page("tax_id", {"customer": call.named("customer")["id"]}),
            LISTING,
        ),
        Route("POST", _OF_CUSTOMER, _create_for_customer, NEW),
        Route("GET", _OF_CUSTOMER + "/{id}", _of_customer),
        Route("DELETE", _OF_CUSTOMER + "/{id}", _delete),
    ),
)
