"""torch: the tag of compiled caches, with a digest of the patches in force.

A process that a manifest tells to tag the caches loads this and no library. Why it is done this way is written in
docs/caches.md.
"""

from __future__ import annotations

import hashlib
import re
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING

from backportkit import states
from backportkit.declaration.eligibility import Judging, left_to_the_body
from backportkit.engine import verbs
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
    """The entry of torch's setting `cache_key_tag`, whose value is the user's own with the digest behind it.

    Everything else of the entry is torch's, so that a value which the user sets later is where torch keeps it.
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
        """Return what torch heeds before all other values; torch's word for "nothing" where its own value is right."""
        nothing, value = self.entry.env_value_force, self._value()
        parts = [_OURS.sub("", f"{value}"), digest() and f"backportkit-{digest()}"]
        tagged = "+".join(filter(None, parts))
        return nothing if tagged == f"{value}" else tagged

    def _value(self) -> Any:
        """The value without us, from the places that torch looks in, and in torch's order."""
        entry, nothing = self.entry, self.entry.env_value_force
        override = entry.user_override
        if isinstance(override, ContextVar):  # since torch 2.12
            override = override.get()
        candidates = (override, entry.env_value_default, entry.default)
        return next(value for value in candidates if value is not nothing)


def digest() -> str:
    """12 hexadecimal digits over what the patches in force put into torch, waiting ones included; empty for none."""
    parts = [part for part in verbs.armed(PACKAGE) if part.patch_id != ID]
    return _digest_of(tuple((part, part.declared, part.state) for part in parts))


# Inductor asks for every graph and for every kernel that it tunes.
@lru_cache(maxsize=8)
def _digest_of(moment: tuple[tuple[ModulePatch, Declared, str], ...]) -> str:
    """Return what is armed, by which declaration, and how far it has got: with any of these, another digest may be
    right.
    """
    judging = Judging()
    lines = sorted({_content(edit) for part, _, _ in moment if _is_in_force(part, judging) for edit in part.edits})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGITS] if lines else ""


def _is_in_force(part: ModulePatch, judging: Judging) -> bool:
    if part.state != states.WAITING:
        return part.state == states.APPLIED
    patch = part.declared.patch
    judgement = judging.judge(patch.requires)
    return judgement.eligible or left_to_the_body(patch, judgement)


def _content(edit: Edit) -> str:
    """Return what an edit puts where, the same in every process and whether or not it has been applied yet."""
    return " ".join([str(edit.target), edit.how, edit.namespace, _body(edit)])


def _body(edit: Edit) -> str:
    """The module that has the replacement, since its helpers count too; where it has no source, the code."""
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
    """Take our part out of a value that somebody has read and set again, as torch's own `config.patch` does."""
    value = module.cache_key_tag
    if isinstance(value, str) and _OURS.search(value):
        module.cache_key_tag = _OURS.sub("", value)
