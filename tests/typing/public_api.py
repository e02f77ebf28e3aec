"""The public API as a type checker sees it. Checked by mypy and pyright, never executed."""

from __future__ import annotations

from typing_extensions import assert_type

import backportkit
from backportkit import (
    AnyOf,
    Callbacks,
    Edit,
    Patch,
    PatchStatus,
    Report,
    State,
    Target,
    added,
    any_of,
    backport,
)


@backport("package.module:Class.method", requires="package>=1,<2", fixes="https://example.org/pull/1")
def method(self: object, number: int, *, name: str = "") -> str:
    """Keep its type."""
    return f"{self}{number}{name}"


assert_type(method(object(), 1, name="x"), str)


@backport("package.module:Class", requires=["package>=1,<2"], id="package-2", original={"method": "ast1:0123456789ab"})
class Class:
    """Keep its type, too."""

    LIMIT = added(10)

    def method(self) -> int:
        """Return a number."""
        return self.helper() + self.LIMIT

    @added
    def helper(self) -> int:
        """Return another one."""
        return 1


assert_type(Class().method(), int)
assert_type(Class().helper(), int)
assert_type(Class.LIMIT, int)


@backport("package.module:function", requires="package<2", adds={"_helper": method, "LIMIT": 10})
def function() -> int:
    """Keep its type as well."""
    return 1


assert_type(function(), int)

patch = Patch(
    id="package-3",
    summary="what breaks",
    requires=("package>=1,<2",),
    callbacks=Callbacks(before_apply=method, after_undo="mine:restore"),
    edits=(Edit(target=Target(module="package.module", attribute="function"), replacement="mine:function"),),
)
assert_type(any_of("package>=1,<1.5", ["package>=2,<2.5", "other"]), AnyOf)
assert_type(any_of("a<2", "b<3").alternatives, tuple[tuple[str, ...], ...])
assert_type(Patch(requires=any_of("a<2", "b<3")).requires, tuple[str | AnyOf, ...])
Patch(requires=["python>=3.10", {"any_of": ["a<2", "b<3"]}])
backport("package.module:function", requires=["python>=3.10", any_of("a<2", "b<3")])
assert_type(backportkit.register(patch), Patch)
assert_type(backportkit.register({"id": "package-3"}), Patch)
assert_type(backportkit.load("backports.toml"), tuple[Patch, ...])
assert_type(backportkit.apply_all(), Report)
assert_type(backportkit.apply_all()[0], PatchStatus)
assert_type(backportkit.status()[0].state, State)
assert_type(backportkit.is_applied("package-3"), bool)
backportkit.require("package-3")
with backportkit.unpatched("package-3"):
    backportkit.unpatch("package-3")
backportkit.unpatch_all()
