"""The rules of OpenVEX 0.2.0 as a JSON schema of our own, written after the tables of its specification.

https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md. No package has the schema that is published beside it, and it
is not copied here. `BACKPORTKIT_TEST_OPENVEX` names a file that has it, and documents are checked against that, too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from jsonschema import Draft202012Validator

_TEXT = {"type": "string", "minLength": 1}
_TIME = {"type": "string", "format": "date-time"}
_IDENTIFIERS = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": {"purl": _TEXT}}


def _closed(required, **properties):
    """A schema of an object that has these fields and no others."""
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


_SUBCOMPONENT = _closed(["@id"], **{"@id": _TEXT}, identifiers=_IDENTIFIERS)
_PRODUCT = _closed(
    ["@id"], **{"@id": _TEXT}, identifiers=_IDENTIFIERS, subcomponents={"type": "array", "items": _SUBCOMPONENT}
)
_STATEMENT = _closed(
    ["vulnerability", "products", "status"],
    vulnerability=_closed(["name"], **{"@id": _TEXT}, name=_TEXT, aliases={"type": "array", "items": _TEXT}),
    timestamp=_TIME,
    products={"type": "array", "minItems": 1, "items": _PRODUCT},
    status={"enum": ["not_affected", "affected", "fixed", "under_investigation"]},
    status_notes=_TEXT,
    justification=_TEXT,
    action_statement=_TEXT,
)
_STATEMENT["allOf"] = [
    {"if": {"properties": {"status": {"const": status}}}, "then": {"required": [field]}}
    for status, field in (("affected", "action_statement"), ("not_affected", "justification"))
]
OURS = _closed(
    ["@context", "@id", "author", "timestamp", "version", "statements"],
    **{"@context": {"const": "https://openvex.dev/ns/v0.2.0"}, "@id": _TEXT},
    author=_TEXT,
    role=_TEXT,
    timestamp=_TIME,
    version={"type": "integer", "minimum": 1},
    tooling=_TEXT,
    statements={"type": "array", "minItems": 1, "uniqueItems": True, "items": _STATEMENT},
)
_PUBLISHED = [Path(name) for name in [os.environ.get("BACKPORTKIT_TEST_OPENVEX", "")] if name]


def check(document):
    """Raise ValidationError if a document is not as the specification, or the published schema, wants it."""
    for schema in (OURS, *(json.loads(path.read_text("utf-8")) for path in _PUBLISHED)):
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)
