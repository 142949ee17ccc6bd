"""Invoice Portal for FastAPI.

::

    app.include_router(fastapi_portal.router(portal), prefix="/billing")
"""

from fastapi_portal.mounting import router

__all__ = ["router"]
