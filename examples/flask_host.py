"""A small Flask app with the portal mounted in it."""

import secrets

from flask import Flask, Request, redirect, render_template, request, session
from people import PEOPLE, PORT, known
from werkzeug.wrappers import Response

import flask_portal
from invoice_portal import Email, PortalSettings

app = Flask(__name__, template_folder="templates")
app.secret_key = secrets.token_hex(32)


def logged_in(request: Request) -> Email | None:
    """The host's own login: whoever is in its session."""
    return Email(session["email"]) if "email" in session else None


app.register_blueprint(flask_portal.blueprint(PortalSettings.from_env(), identify=logged_in), url_prefix="/billing")


@app.get("/")
def index() -> str:
    return render_template("host/index.html", people=PEOPLE, user=session.get("email"), csrf_field="")


@app.post("/login")
def login() -> Response:
    if known(request.form["email"]):
        session["email"] = request.form["email"]
    return redirect("/")


@app.post("/logout")
def logout() -> Response:
    session.clear()
    return redirect("/")


if __name__ == "__main__":
    from waitress import serve

    serve(app, host="127.0.0.1", port=PORT, threads=8)
