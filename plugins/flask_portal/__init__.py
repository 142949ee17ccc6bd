"""Invoice Portal for Flask.

::

    app.register_blueprint(flask_portal.blueprint(portal), url_prefix="/billing")
"""

from flask_portal.mounting import blueprint
from flask_portal.tags import template_globals

__all__ = ["blueprint", "template_globals"]
