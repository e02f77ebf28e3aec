"""What a decorator was given, as it stands: enough to make the patch, now or once somebody asks for all of it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_SHAPE = {"how": "replace", "namespace": "own", "signature": "keep"}
_DEFAULTS = {"prereleases": "by-version", "references": (), "supersedes": (), "aliases": "follow", "required": True}


class Draft:
    """The arguments of a declaration.

    Attributes:
        target: Where the replacement is to go.
        replacement: The decorated function or class.
        given: The fields of `Patch` that were given, but for those that say what is so by default.
        shape: `how`, `namespace` and `signature` of `Edit`.
        original, fixed: The fingerprints, of a class also as mappings from the names of its functions.
    """

    __slots__ = ("fixed", "given", "original", "replacement", "shape", "target")

    def __init__(  # noqa: PLR0913 -- a record
        self,
        target: str,
        replacement: Any,
        given: Mapping[str, Any],
        *,
        shape: Mapping[str, str] | None = None,
        original: Any = (),
        fixed: Any = (),
    ) -> None:
        self.target = target
        self.replacement = replacement
        self.given = {name: value for name, value in given.items() if value is not _DEFAULTS.get(name)}
        self.shape = _SHAPE if shape is None or shape == _SHAPE else _SHAPE | dict(shape)
        self.original = original
        self.fixed = fixed
