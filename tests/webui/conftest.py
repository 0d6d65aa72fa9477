"""Makes the house known to the tests of this folder."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """A plugin and not an import, because NiceGUI keeps one app a process and `tests/browser` uses the house too."""
    config.pluginmanager.import_plugin("tests.webui.house")
