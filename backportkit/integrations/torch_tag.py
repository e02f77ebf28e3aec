"""torch: put a digest of the patches in force into the tag of compiled caches. docs/caches.md has the reasons.

A process whose manifest asks for the tag loads this module, and no library of others for it.
"""

from __future__ import annotations

import hashlib
import re
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING

from backportkit import states
from backportkit.declaration.eligibility import Judging
from backportkit.engine import precedence, verbs
from backportkit.source import reader
from backportkit.source.callables import essence

if TYPE_CHECKING:
    from typing import Any

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.engine.module_patch import ModulePatch

PACKAGE = "torch"
ID = "backportkit-torch-cache"
_DIGITS = 12
_OURS = re.compile(r"\+?backportkit-[0-9a-f]{12}$")


class TaggedEntry:
    """The entry of torch's setting `cache_key_tag`. Its value is the user's own value, with the digest behind it.

    Everything else of the entry is torch's, so that torch keeps a value that the user sets later.
    """

    __slots__ = ("entry",)
    entry: Any

    def __init__(self, entry: Any) -> None:
        object.__setattr__(self, "entry", entry)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.entry, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.entry, name, value)

    @property
    def env_value_force(self) -> Any:
        """Return the value that torch takes before all others; torch's mark for "nothing" if its own value is right."""
        nothing, value = self.entry.env_value_force, self._value()
        values = [_OURS.sub("", f"{value}"), digest() and f"backportkit-{digest()}"]
        tagged = "+".join(filter(None, values))
        return nothing if tagged == f"{value}" else tagged

    def _value(self) -> Any:
        """Return the value without the digest, from the places that torch looks in, in the same order."""
        entry, nothing = self.entry, self.entry.env_value_force
        override = entry.user_override
        if isinstance(override, ContextVar):  # since torch 2.12
            override = override.get()
        candidates = (override, entry.env_value_default, entry.default)
        return next(value for value in candidates if value is not nothing)


def digest() -> str:
    """Return 12 hexadecimal digits over what the patches in force put into torch, also waiting ones; empty for none."""
    armed = [one for one in verbs.armed(PACKAGE) if one.patch_id != ID]
    return _digest_of(tuple((one, one.declared, one.state) for one in armed))


# Cached, since Inductor asks for every graph and for every kernel that it tunes.
@lru_cache(maxsize=8)
def _digest_of(moment: tuple[tuple[ModulePatch, Declared, str], ...]) -> str:
    """Return the digest of module patches. Each has its declaration and its state beside it, which count as well."""
    judging = Judging()
    lines = sorted({_content(edit) for one, _, _ in moment if _is_in_force(one, judging) for edit in one.edits})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGITS] if lines else ""


def _is_in_force(module_patch: ModulePatch, judging: Judging) -> bool:
    if module_patch.state != states.WAITING:
        return module_patch.state == states.APPLIED
    return precedence.is_meant(module_patch.declared, judging.judge)


def _content(edit: Edit) -> str:
    """Describe an edit, in the same way in all processes, before and after it is applied."""
    return " ".join([str(edit.target), edit.how, edit.namespace, _body(edit)])


def _body(edit: Edit) -> str:
    """Return a hash of the replacement's module, since its helpers count too; of its code if there is no source."""
    if edit.replacement is None:
        return edit.alias_of or repr(edit.value)
    text = reader.of_module(edit.replacement.module).text
    if text is None and not edit.target.is_module:
        text = repr(essence(edit.replacement.resolve(), share_globals=True))
    return f"{edit.replacement} {hashlib.sha256(str(text).encode()).hexdigest()}"


def tag(entry: Any) -> TaggedEntry:
    """Wrap the entry of the setting."""
    return TaggedEntry(entry)


def clear(module: Any) -> None:
    """Take the digest out of a value that somebody has read and set again, as torch's own `config.patch` does."""
    value = module.cache_key_tag
    if isinstance(value, str) and _OURS.search(value):
        module.cache_key_tag = _OURS.sub("", value)
