"""Find the name in a release that may have been meant by a target that it lacks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from backportkit import alike
from backportkit.check import nearest, reading
from backportkit.upstream.archive import Archive
from backportkit.upstream.modules import library, name_of
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from backportkit.upstream.history import Place
    from backportkit.upstream.index import Release
    from backportkit.upstream.means import Means


def to(place: Place, release: Release, means: Means) -> str:
    """Return the module, or the name in it, that is most like a target, to end a reason with; empty if none is."""
    with suppress(UnavailableError), Archive(release.file, means) as archive:
        modules = {name_of(path) for path in archive.paths if path.endswith(".py")}
        packages = {name.rpartition(".")[0] for name in modules}
        if place.module not in modules | packages:
            return alike.there_is(place.module, sorted(modules))
        with reading.instead(library(archive, place.module)):
            return nearest.to(place.module, place.path)
    return ""
