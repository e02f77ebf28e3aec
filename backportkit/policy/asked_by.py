"""Tell by the frames of this thread who asks for a module."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container
    from types import FrameType

_OURS = f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}{os.sep}"  # noqa: PTH100, PTH120 -- no pathlib
_READING = f"{_OURS}source{os.sep}"
_DECLARING = f"{_OURS}declaration{os.sep}"  # which imports what declares, and what a declaration names
_PYTHON = f"{os.path.dirname(os.__file__)}{os.sep}"  # noqa: PTH120
_OF_OTHERS = "-packages"  # site-packages and dist-packages may be beneath Python's own modules


def the_program(frame: FrameType | None, bound: Container[str]) -> bool:
    """Tell whether it is the program itself: neither one of the `bound` files, nor what declarations name, nor nobody.

    The nearest frame counts that is neither of Python's own modules nor of backportkit. The file of a package may
    import modules for others, by its `__getattr__`: then those count who have asked it. Code that is in no file, as
    `exec` runs it, belongs to who runs it. Behind what a thread or `atexit` calls, there may be nobody.
    """
    is_typed = False  # as that of `python -c` and of a console
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith((_DECLARING, _READING)):
            return file.startswith(_READING)
        if file.startswith("<"):
            is_typed = is_typed or not file.startswith("<frozen ")
        elif not _is_passed_over(file) and not _hands_on(frame, bound):
            return file not in bound
        frame = frame.f_back
    return is_typed


def _is_passed_over(file: str) -> bool:
    return file.startswith(_OURS) or (file.startswith(_PYTHON) and _OF_OTHERS not in file[len(_PYTHON) :])


def _hands_on(frame: FrameType, bound: Container[str]) -> bool:
    code = frame.f_code
    return code.co_filename in bound and code.co_filename.endswith("__init__.py") and code.co_name != "<module>"
