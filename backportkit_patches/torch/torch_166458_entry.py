"""The entry of the setting, imported once torch is there."""
# mypy: ignore-errors

from __future__ import annotations

from torch.utils._config_module import _Config, _ConfigEntry

ENTRY = _ConfigEntry(_Config(default=[], value_type=list[str]))
