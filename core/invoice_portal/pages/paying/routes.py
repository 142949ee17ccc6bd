"""The routes of paying, and of saved payment methods."""

from __future__ import annotations

from typing import Final

from invoice_portal.pages.paying import fresh_method, hosted, page, saved, several
from invoice_portal.pages.payment_methods import changing
from invoice_portal.pages.payment_methods import page as methods_page
from invoice_portal.routing import Route

_PAY: Final = "/invoices/{invoice}/pay"
_METHODS: Final = "/payment_methods"

ROUTES: Final = (
    Route("pay", _PAY, hosted.pay, ("POST",), protected=True, audit="invoice.payment_opened"),
    Route("pay_page", _PAY, page.pay),
    Route("pay_hosted", _PAY + "/hosted", hosted.pay_hosted, ("POST",), protected=True, audit="invoice.payment_opened"),
    Route("pay_saved", _PAY + "/saved", saved.pay_saved, ("POST",), protected=True),
    Route("new_payment", _PAY + "/new", fresh_method.new_payment, ("POST",), protected=True),
    Route("check_payment", _PAY + "/check", fresh_method.check_payment, ("POST",), protected=True),
    Route("payment_result", _PAY + "/result", fresh_method.payment_result, ("POST",), protected=True),
    Route("answer_bank", _PAY + "/bank", fresh_method.answer_bank, ("POST",), protected=True),
    Route("payment_returned", _PAY + "/returned", fresh_method.payment_returned),
    Route("pay_several", "/pay", several.several),
    Route("pay_ticked", "/pay", several.pay_several, ("POST",), protected=True),
    Route("payment_methods", _METHODS, methods_page.payment_methods),
    Route("new_method", _METHODS + "/new", changing.new_method, ("POST",), protected=True),
    Route("method_returned", _METHODS + "/returned", changing.method_returned),
    Route("default_method", _METHODS + "/{method}/default", changing.default_method, ("POST",), protected=True),
    Route("remove_method", _METHODS + "/{method}/remove", changing.remove_method, ("POST",), protected=True),
)
