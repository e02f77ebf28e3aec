"""The getter of upstream's fix, under pypdf's licence (see NOTICE). This module is imported after pypdf.

It is pypdf 6.6's; some of its imports have other names in older releases. Differs from upstream's in the name of the
logger, which is written out, so that warnings keep their logger.
"""
# SPDX-License-Identifier: Apache-2.0 AND BSD-3-Clause
# mypy: ignore-errors
# ruff: noqa: ANN001, BLE001, C901, N817, TC006

from __future__ import annotations

from typing import cast

from pypdf._utils import logger_warning
from pypdf.constants import TrailerKeys as TK
from pypdf.errors import PdfReadError
from pypdf.generic import DictionaryObject, PdfObject
from pypdf.generic._base import is_null_or_none

try:
    from pypdf.errors import LimitReachedError
except ImportError:  # before 6.0
    LimitReachedError = PdfReadError

_LOGGER = "pypdf._reader"


def root_object(self) -> DictionaryObject:
    """Provide access to "/Root". Standardized with PdfWriter."""
    # fmt: off
    if self._validated_root:
        return self._validated_root
    root = self.trailer.get(TK.ROOT)
    if is_null_or_none(root):
        logger_warning('Cannot find "/Root" key in trailer', _LOGGER)
    elif (
        cast(DictionaryObject, cast(PdfObject, root).get_object()).get("/Type")
        == "/Catalog"
    ):
        self._validated_root = cast(
            DictionaryObject, cast(PdfObject, root).get_object()
        )
    else:
        logger_warning("Invalid Root object in trailer", _LOGGER)
    if self._validated_root is None:
        logger_warning('Searching object with "/Catalog" key', _LOGGER)
        number_of_objects = cast(int, self.trailer.get("/Size", 0))
        for i in range(number_of_objects):
            if i >= self._root_object_recovery_limit:
                raise LimitReachedError("Maximum Root object recovery limit reached.")
            try:
                obj = self.get_object(i + 1)
            except Exception:  # to be sure to capture all errors
                obj = None
            if isinstance(obj, DictionaryObject) and obj.get("/Type") == "/Catalog":
                self._validated_root = obj
                logger_warning(f"Root found at {obj.indirect_reference!r}", _LOGGER)
                break
    if self._validated_root is None:
        if not is_null_or_none(root) and "/Pages" in cast(DictionaryObject, cast(PdfObject, root).get_object()):
            logger_warning(
                f"Possible root found at {cast(PdfObject, root).indirect_reference!r}, but missing /Catalog key",
                _LOGGER
            )
            self._validated_root = cast(
                DictionaryObject, cast(PdfObject, root).get_object()
            )
        else:
            raise PdfReadError("Cannot find Root object in pdf")
    return self._validated_root
    # fmt: on
