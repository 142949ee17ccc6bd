"""The portal in worker processes: what gunicorn and uvicorn serve, and a loop that makes links until it is killed."""

from __future__ import annotations

import os
import sys
from threading import Thread
from typing import Any

from invoice_portal import Portal, PortalSettings


def make_portal() -> Portal:
    """The portal that the environment describes."""
    return Portal(PortalSettings.from_env())


def flask_app() -> Any:
    """For gunicorn."""
    import flask

    import flask_portal

    app = flask.Flask("worker")
    app.register_blueprint(flask_portal.blueprint(make_portal()), url_prefix="/billing")
    return app


def fastapi_app() -> Any:
    """For uvicorn."""
    import fastapi

    import fastapi_portal

    app = fastapi.FastAPI()
    app.include_router(fastapi_portal.router(make_portal()), prefix="/billing")
    return app


def churn(what: str, subject: str) -> None:
    """Refresh a link, or make sessions, in four threads for ever; every one that is done is printed as a line."""
    portal = make_portal()

    def work() -> None:
        while True:
            done = portal.links.refresh(subject).url if what == "link" else portal.sessions.create(subject).url
            os.write(1, f"{done}\n".encode())

    threads = [Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    churn(*sys.argv[1:])
