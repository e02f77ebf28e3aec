"""Find the module that may have been meant by a name that no module has. Nothing is imported."""

from __future__ import annotations

from pkgutil import iter_modules

from backportkit import alike
from backportkit.source import specs


def there_is(name: str) -> str:
    """Return the module beside it whose name is most like it, for the end of a reason; empty if none is like it.

    If there is no such package, that is the name which is wrong.
    """
    package, _, last = name.rpartition(".")
    found = specs.find(package) if package else None
    if package and found is None:
        return there_is(package)
    folders = None if found is None else found.submodule_search_locations or []
    return alike.there_is(last, [one.name for one in iter_modules(folders)])
