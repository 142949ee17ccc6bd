"""Fixtures for every folder of tests. Shared helpers are plain modules: ``from support.accounts import Account``."""

pytest_plugins = ["support.fixtures"]
