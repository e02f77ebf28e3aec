"""Fail where an upload is rolled over to disk on the event loop's own thread."""
# mypy: ignore-errors

from __future__ import annotations


def reproduce() -> None:
    """Write more to an uploaded file than it keeps in memory, and see which thread moves it to disk."""
    import asyncio
    import tempfile
    import threading

    from starlette.datastructures import UploadFile

    rolled_by = []

    class Spooled(tempfile.SpooledTemporaryFile):
        def rollover(self) -> None:
            rolled_by.append(threading.current_thread())
            super().rollover()

    with Spooled(max_size=10) as file:
        asyncio.run(UploadFile(file=file, filename="name").write(b"more than that"))
    assert rolled_by, "nothing was rolled over"
    assert rolled_by != [threading.main_thread()], "the file was rolled over on the event loop's thread"
