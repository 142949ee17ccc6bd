"""The portal's own Jinja environment, for frameworks that bring none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, select_autoescape

from invoice_portal.http import Rendered
from invoice_portal.resources import data_dir


class Templates:
    """The packaged templates, after those of the host's ``folders``.

    An override can extend or include what it replaces as ``@portal/invoice_portal/….html``.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        packaged = FileSystemLoader(data_dir("templates"))
        loaders = [*(FileSystemLoader(folder) for folder in folders), packaged, PrefixLoader({"@portal": packaged})]
        self._environment = Environment(
            loader=ChoiceLoader(loaders), autoescape=select_autoescape(default=True), trim_blocks=True
        )

    def render(self, template: str, context: Mapping[str, Any]) -> Rendered:
        """Render one template, and say whether it is the packaged one."""
        found = self._environment.get_template(template)
        packaged = found.filename is not None and Path(found.filename).is_relative_to(data_dir("templates"))
        return Rendered(found.render(context), packaged)
