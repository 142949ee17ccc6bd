"""Invoice Portal for Flask.

::

    app.register_blueprint(flask_portal.blueprint(portal), url_prefix="/billing")
"""

from flask_portal.mounting import blueprint

__all__ = ["blueprint"]
