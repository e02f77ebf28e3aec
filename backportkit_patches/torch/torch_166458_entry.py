"""The entry of the setting. This module is imported after torch."""
# mypy: ignore-errors

from __future__ import annotations

from torch.utils._config_module import _Config, _ConfigEntry

ENTRY = _ConfigEntry(_Config(default=[], value_type=list[str]))
