"""Read CycloneDX documents as JSON, checked against the schema of their release, and name those that are written.

A document of somebody else is changed in place: what nobody here knows of stays as it was.
"""

from __future__ import annotations

import json
import sys
import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from backportkit import regular_file
from backportkit.declaration import json_text
from backportkit.shown import shown
from backportkit.supply import moment
from backportkit.supply.errors import SupplyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Document = dict[str, Any]

NAME = "backportkit"
FORMAT = "CycloneDX"
_VERSIONS = {"1.6": "V1_6", "1.7": "V1_7"}  # by the names that the library has for them
_ANEW = "make it by: cyclonedx-py environment --spec-version 1.6 --output-format JSON"


def read(source: str) -> Document:
    """Return the document in a file, or on stdin for `-`. Raises SupplyError for what is none that can be used."""
    where = "stdin" if source == "-" else source
    try:
        document = json_text.parse(_content(source).decode("utf-8-sig"))
    except OSError as error:
        raise SupplyError(
            f"{where} cannot be read", found=str(error), next_step="name a file that can be read"
        ) from error
    except ValueError as error:
        raise SupplyError(f"{where} is no JSON", found=str(error), next_step=_ANEW) from error
    if not isinstance(document, dict) or document.get("bomFormat") != FORMAT:
        raise SupplyError(f"{where} is no document of {FORMAT}", expected=f'"bomFormat": "{FORMAT}"', next_step=_ANEW)
    _check_version(document, where)
    _check(document, where)
    return document


def _content(source: str) -> bytes:
    if source == "-":
        return regular_file.checked(sys.stdin.buffer.read(regular_file.LARGEST + 1))
    return regular_file.read(source)


def _check_version(document: Document, where: str) -> None:
    found = document.get("specVersion")
    if found not in _VERSIONS:
        raise SupplyError(
            f"{where} is of a release of {FORMAT} that cannot be used",
            expected=" or ".join(_VERSIONS),
            found=shown(found),
            next_step=_ANEW,
        )


def _check(document: Document, where: str) -> None:
    """Raise SupplyError if a document is not as the schema of its release wants it."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator  # builds a grammar, which takes more than a second

    validator = JsonStrictValidator(SchemaVersion[_VERSIONS[document["specVersion"]]])
    error = validator.validate_str(json.dumps(document), all_errors=False)
    if error is not None:
        wrong = getattr(error, "data", error)  # jsonschema's own error
        raise SupplyError(
            f"{where} is not as the schema of {FORMAT} {document['specVersion']} wants it",
            found=f"{getattr(wrong, 'json_path', '$')}: {shown(getattr(wrong, 'message', wrong))}",
            next_step="mend what has written it",
        )


def stamp(document: Document, now: datetime) -> None:
    """Give a document its time, its tool, and the number of this version of it.

    The serial number of a document that has one stays, and its version is raised, as the specification wants it:
    https://cyclonedx.org/docs/1.6/json/#version. Another one gets a serial number by its content, so that a document
    of the same content, of which the time is a part, is the same document.
    """
    metadata = document.setdefault("metadata", {})
    metadata["timestamp"] = moment.written(now)
    _add_tool(metadata)
    if "serialNumber" in document:
        document["version"] = document.get("version", 1) + 1
    else:
        document["serialNumber"] = name_of(document)


def name_of(content: Mapping[str, Any]) -> str:
    """Return the name of a document by its content, as a URN."""
    text = json.dumps(content, sort_keys=True)
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://github.com/backportkit/backportkit#{text}").urn


def _add_tool(metadata: Document) -> None:
    """Name this tool, in the form that the tools of the document have."""
    tools = metadata.setdefault("tools", {})
    if isinstance(tools, list):  # the form until 1.4, which newer documents may have
        tools.append({"name": NAME, "version": version(NAME)})
    else:
        tool = {"type": "application", "name": NAME, "version": version(NAME)}
        tools.setdefault("components", []).append(tool)
