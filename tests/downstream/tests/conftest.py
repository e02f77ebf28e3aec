"""The suite runs patched."""

from __future__ import annotations

import backportkit

backportkit.apply_all()


def pytest_ignore_collect(collection_path, config):
    """Leave out what needs the plugin in a run without it (`-p no:backportkit`)."""
    if collection_path.name == "test_by_plugin.py" and not config.pluginmanager.has_plugin("backportkit"):
        return True
    return None
