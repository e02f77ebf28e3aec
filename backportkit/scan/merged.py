"""Put together what names stand for where an expression was bound, and where it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.scan.values import Bindings

if TYPE_CHECKING:
    import ast

    from backportkit.scan.binders import Scope
    from backportkit.scan.values import Frame, Thunk


class Merged:
    """The bindings that were put together, each pair once: values are told apart by the object of their bindings."""

    def __init__(self) -> None:
        self._known: dict[tuple[Bindings, Bindings, ast.AST, str], Bindings] = {}

    def at_present(self, thunk: Thunk, frame: Frame, name: tuple[Scope, str]) -> Thunk:
        """Return an expression with what names stand for by now: more may be known than when it was bound."""
        then, now = thunk.frame.bound, frame.bound
        if now.keys() <= then.keys():
            return thunk
        key = then, now, *name
        if key not in self._known:
            self._known[key] = _by_now(then, now, name)
        return thunk._replace(frame=thunk.frame._replace(bound=self._known[key]))

    def filled(self, part: Thunk, frame: Frame) -> Thunk:
        """Return a part of a value with what parameters in it stand for where it is read."""
        key = part.frame.bound, frame.bound, part.node, ""
        if key not in self._known:
            self._known[key] = Bindings({**frame.bound, **part.frame.bound})
        return part._replace(frame=part.frame._replace(bound=self._known[key]))


def _by_now(then: Bindings, now: Bindings, name: tuple[Scope, str]) -> Bindings:
    """Return what is known by now; the name itself, and what was bound then, stand for what they did."""
    if then.keys() <= now.keys() and all(now[key] is one for key, one in then.items()) and name in then:
        return now
    found = Bindings({**now, **then})
    if name not in then:
        found.pop(name)
    return found
