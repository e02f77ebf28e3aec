"""BK221: name targets that compiled callers may have bound, so that another object there does not reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.source.definitions import decorator_names
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.findings import Finding
    from backportkit.check.targets import Site

_JIT = frozenset({"cfunc", "guvectorize", "jit", "njit", "stencil", "vectorize"})
_WITHOUT = "prove it by a reproducer that goes the way of its callers, or patch what Python calls"
_ANEW = "name a replacement that numba compiles, and recompile its callers in callbacks (docs/targets.md)"


def judge(site: Site) -> Iterator[Finding]:
    """Yield a finding about a target that is written in C, or that numba compiles."""
    source = site.found.source
    if site.edit.how == "add" or site.found.inherited is not None:
        return
    if site.found.kind is Kind.NATIVE and not (source is not None and source.path.endswith(".pyc")):
        yield site.finding("BK221", f"what was compiled with it may keep the original: {site.found.reason}", _WITHOUT)
    elif source is not None and "numba" in source.text:
        names = {name for node in site.found.functions for name in decorator_names(node)} & _JIT
        if names:
            message = (
                f"it is compiled by {', '.join(sorted(names))}, and callers that numba has compiled keep the original"
            )
            yield site.finding("BK221", message, _ANEW)
