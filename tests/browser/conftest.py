"""Fixtures: one browser, one demo for each framework, and visitors whose browsers must have nothing to complain."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, StorageState, sync_playwright

from browser.helpers.chromium import launch, launch_with_cookies
from browser.helpers.demos import FRAMEWORKS, Demo
from browser.helpers.embedding import Embedding, NewContext
from browser.helpers.sites import Site
from browser.helpers.visiting import DESKTOP, Visitor
from browser.helpers.watching import Watch
from support import runtimes
from support.accounts import Account
from support.portals import Mount
from support.runtimes.base import Runtime
from support.stripe_server import StripeServer

Visit = Callable[..., Visitor]
_VISITORS = pytest.StashKey[list[Visitor]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test fails if a browser, or the demo behind it, complained; one that failed by itself says so too."""
    try:
        result = yield
    except BaseException as error:
        for complaint in _complaints(item):
            error.add_note(complaint)
        raise
    complaints = _complaints(item)
    assert not complaints, "\n".join(complaints)
    return result


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium; each visitor has a context of their own in it."""
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def embedding_runtime() -> Iterator[Runtime]:
    """The server behind embedded portals: what differs between frameworks is for the contract tests."""
    started = runtimes.make("flask")
    yield started
    started.stop()


@pytest.fixture(scope="package")
def sites() -> Iterator[Callable[[str], Site]]:
    """Websites by their names, started at their first use."""
    running: dict[str, Site] = {}

    def site(name: str) -> Site:
        return running.setdefault(name, running.get(name) or Site(name))

    yield site
    for each in running.values():
        each.stop()


@pytest.fixture
def make_embedding(
    embedding_runtime: Runtime,
    stripe: StripeServer,
    account: Account,
    sites: Callable[[str], Site],
    tmp_path: Path,
) -> Iterator[Callable[[NewContext], Embedding]]:
    """Embeds a portal on the site ``shop``, to be looked at with browsers that the function given opens."""
    with ExitStack() as stack:

        def make(new_context: NewContext) -> Embedding:
            mount = Mount(embedding_runtime, stripe, tmp_path, stack)
            embedding = Embedding(mount, account, sites("shop"), new_context)
            stack.callback(embedding.close)
            return embedding

        yield make
    embedding_runtime.unmount()


@pytest.fixture
def embedding(make_embedding: Callable[[NewContext], Embedding], browser: Browser) -> Embedding:
    """The same in the ordinary browser."""
    return make_embedding(browser.new_context)


@pytest.fixture(params=["cookies", "no-cookies"])
def both(
    request: pytest.FixtureRequest,
    make_embedding: Callable[[NewContext], Embedding],
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
) -> Embedding:
    """The same in a browser that allows third-party cookies, and in one that blocks them."""
    allowed = request.param == "cookies"

    def new_context(**options: Any) -> BrowserContext:
        folder = tmp_path_factory.mktemp("profile")
        return launch_with_cookies(playwright, folder, third_party=allowed, **options)

    return make_embedding(new_context)


@pytest.fixture(scope="package")
def start_demo() -> Iterator[Callable[[str], Demo]]:
    """Starts the demo of a framework at its first use."""
    running: dict[str, Demo] = {}

    def start(framework: str) -> Demo:
        if framework not in running:
            running[framework] = Demo(framework)
        return running[framework]

    yield start
    for demo in running.values():
        demo.interrupt()
        demo.kill()
    said = [line for demo in running.values() for line in demo.words() if line != "Bye."]
    assert not said, "\n".join(said)


@pytest.fixture(params=FRAMEWORKS)
def demo(request: pytest.FixtureRequest, start_demo: Callable[[str], Demo]) -> Demo:
    """The running demo of each framework in turn."""
    return start_demo(request.param)


@pytest.fixture(scope="package")
def signed_in() -> dict[tuple[str, str], StorageState]:
    """The cookies of everybody who once logged in by hand, by framework and e-mail."""
    return {}


@pytest.fixture
def visit(
    request: pytest.FixtureRequest,
    browser: Browser,
    demo: Demo,
    signed_in: dict[tuple[str, str], StorageState],
) -> Iterator[Visit]:
    """Opens a browser of their own for a visitor of the demo; who is named is at Billing already.

    The first time they log in by hand; from then on they have the host app's cookie, which spares two pages.
    """
    visitors: list[Visitor] = []
    request.node.stash[_VISITORS] = visitors

    def arrive(
        email: str = "",
        *,
        size: tuple[int, int] = DESKTOP,
        locale: str = "en-US",
        dark: bool = False,
        javascript: bool = True,
    ) -> Visitor:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            has_touch=size != DESKTOP,
            locale=locale,
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            storage_state=signed_in.get((demo.framework, email)),
        )
        context.set_default_timeout(15_000)
        visitor = Visitor(context.new_page(), demo, Watch(context))
        visitors.append(visitor)
        if (demo.framework, email) in signed_in:
            visitor.open_billing()
        elif email:
            visitor.sign_in(email)
            signed_in[demo.framework, email] = context.storage_state()
        return visitor

    yield arrive
    for visitor in visitors:
        visitor.watch.stop()
        visitor.page.context.close()


def _complaints(item: pytest.Item) -> list[str]:
    visitors = item.stash.get(_VISITORS, [])
    demos = {visitor.demo.framework: visitor.demo for visitor in visitors}
    said = [f"{framework} said: {line}" for framework, demo in demos.items() for line in demo.words()]
    return [complaint for visitor in visitors for complaint in visitor.watch.take()] + said
