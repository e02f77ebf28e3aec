"""Fail where pypdf believes a file about the number of its objects."""
# mypy: ignore-errors

from __future__ import annotations

_OBJECTS = 12_000  # a few more than upstream's limit; a hostile file says billions


def reproduce() -> None:
    """Open a file without /Root and count the objects that are looked at."""
    import contextlib
    import io
    import logging

    import pypdf

    logging.disable(logging.CRITICAL)  # pypdf logs a line for each object
    file = b"%%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size %d >>\nstartxref\n9\n%%%%EOF" % _OBJECTS
    looked_at = []

    class Reader(pypdf.PdfReader):
        def get_object(self, reference) -> None:  # noqa: ANN001 -- upstream's
            looked_at.append(reference)

    with contextlib.suppress(pypdf.errors.PyPdfError, KeyError):  # releases say in different ways that there is none
        _ = Reader(io.BytesIO(file)).root_object
    assert len(looked_at) < _OBJECTS, f"pypdf looked at {len(looked_at)} objects of a file that has none"
