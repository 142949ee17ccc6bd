"""Invoice Portal for FastAPI.

::

    app.include_router(fastapi_portal.router(portal), prefix="/billing")
"""

from fastapi_portal.mounting import router
from fastapi_portal.tags import template_globals

__all__ = ["router", "template_globals"]
