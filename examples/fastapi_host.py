"""A small FastAPI app with the portal mounted in it."""

import secrets
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from people import PEOPLE, PORT, known
from starlette.middleware.sessions import SessionMiddleware

import fastapi_portal
from invoice_portal import Email, PortalSettings

templates = Jinja2Templates(Path(__file__).parent / "templates")


def logged_in(request: Request) -> Email | None:
    """The host's own login, as a dependency: whoever is in its session."""
    email = request.session.get("email")
    return Email(email) if email else None


app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=secrets.token_hex(32))
app.include_router(fastapi_portal.router(PortalSettings.from_env(), identify=logged_in), prefix="/billing")


@app.get("/")
def index(request: Request, user: Annotated[Email | None, Depends(logged_in)]) -> HTMLResponse:
    context = {"people": PEOPLE, "user": user.address if user else "", "csrf_field": ""}
    return templates.TemplateResponse(request, "host/index.html", context)


@app.post("/login")
async def login(request: Request) -> RedirectResponse:
    form = parse_qs((await request.body()).decode())
    email = form.get("email", [""])[0]
    if known(email):
        request.session["email"] = email
    return RedirectResponse("/", 303)


@app.post("/logout")
def logout(request: Request) -> RedirectResponse:
    request.session.clear()
    return RedirectResponse("/", 303)


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
