"""Marks a text for the translators without translating it yet."""


def N_(message: str) -> str:
    """Return ``message`` unchanged; the extraction of texts finds it by this call."""
    return message
