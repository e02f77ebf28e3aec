"""Name the subclasses that override the target of a patch, which does not change what they have."""

from __future__ import annotations

from backportkit.layers.place import is_class
from backportkit.layers.search import names_of_class, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.layers.place import Place


def overriding(place: Place) -> Iterator[str]:
    """Yield a line for each subclass that has a name of its own for what stands at a place."""
    if is_class(place.owner):
        yield from _in(place.owner, place.name)


def _in(cls: type, name: str) -> Iterator[str]:
    subclasses: list[type] = type.__subclasses__(cls)
    for subclass in subclasses:
        if name in names_of_class(subclass):
            yield f"subclass {text_of(subclass, '__module__')}.{text_of(subclass, '__qualname__')} overrides {name}"
        yield from _in(subclass, name)
