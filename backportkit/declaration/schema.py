"""Documents of a patch, by pydantic: read into the records, written out of them, and described by a JSON schema."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, PydanticSerializationUnexpectedValue, core_schema

from backportkit.declaration.alternatives import AnyOf
from backportkit.declaration.callbacks import Callbacks
from backportkit.declaration.checked import Refusal
from backportkit.declaration.edits import Edit, Target
from backportkit.declaration.record import Patch
from backportkit.declaration.reference import names_an_object
from backportkit.declaration.reproducer import Reproducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, SerializerFunctionWrapHandler
    from pydantic_core import CoreSchema, InitErrorDetails

    from backportkit.declaration.checked import Record
    from backportkit.declaration.reference import Reference

    Schemas = dict[str, CoreSchema]

_adapters: dict[type[Record], TypeAdapter[Any]] = {}
_NAMES = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_PATTERN = f"{_NAMES}:{_NAMES}"
_TEXT = core_schema.str_schema()
_TEXTS = core_schema.tuple_variable_schema(_TEXT)


def adapter(record: type[Record]) -> TypeAdapter[Any]:
    """Return the adapter of pydantic that reads and writes such records."""
    if record not in _adapters:
        _adapters[record] = TypeAdapter(record)
    return _adapters[record]


def of(record: type[Record], handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of a record: as a field of somebody's model, each problem is an error at the field's path."""
    fields = {
        name: core_schema.typed_dict_field(schema, required=schema["type"] != "default")
        for name, schema in _FIELDS[record](handler).items()
    }
    document = core_schema.typed_dict_schema(fields, cls=record, extra_behavior="forbid")
    as_fields = core_schema.wrap_serializer_function_ser_schema(partial(_written, record), schema=document)
    as_text = core_schema.plain_serializer_function_ser_schema(_text_of_target, return_schema=_TEXT)
    is_target = record is Target
    return core_schema.no_info_wrap_validator_function(
        partial(_read, record),
        document,
        ref=record.__name__,
        json_schema_input_schema=core_schema.union_schema([_TEXT, document]) if is_target else document,
        serialization=as_text if is_target else as_fields,
    )


def _read(record: type[Record], value: Any, _: object) -> Record:
    try:
        return record.checked(value)
    except Refusal as refusal:
        errors: list[InitErrorDetails] = [
            {"type": PydanticCustomError("backportkit", "{said}", {"said": message}), "loc": path, "input": value}
            for path, message in refusal.problems
        ]
        raise ValidationError.from_exception_data(record.__name__, errors) from None


def _written(record: type[Record], value: Any, write: SerializerFunctionWrapHandler) -> Any:
    if not isinstance(value, record):
        raise PydanticSerializationUnexpectedValue(record.__name__)
    left_out = _unsaid(value) if isinstance(value, Edit) else ()
    return write({name: getattr(value, name) for name in value.fields if name not in left_out})


def _unsaid(edit: Edit) -> set[str]:
    """Return the fields that an edit leaves out, since it puts something else at its target."""
    put = "value" if edit.has_value else "alias_of" if edit.alias_of else "replacement"
    return {"value", "alias_of", "replacement"} - {put}


def _text_of_target(value: Any) -> str:
    if not isinstance(value, Target):
        raise PydanticSerializationUnexpectedValue(Target.__name__)
    return str(value)


def _serialise(reference: Reference) -> str:
    if ":" in reference and not names_an_object(reference):
        msg = f"{reference} cannot be written down, since it cannot be imported by name: move it to the top of a module"
        raise ValueError(msg)
    return str(reference)


# --- the fields of a document ---


def _reference(pattern: str) -> CoreSchema:
    written = core_schema.plain_serializer_function_ser_schema(
        _serialise, return_schema=core_schema.str_schema(pattern=pattern)
    )
    return core_schema.str_schema(pattern=pattern, serialization=written)


_REFERENCE = _reference(_PATTERN)
_REPLACEMENT = _reference(f"{_NAMES}(:{_NAMES})?")  # of a module it is one


def _usually(schema: CoreSchema, default: Any) -> CoreSchema:
    return core_schema.with_default_schema(schema, default=default)


def _or_none(schema: CoreSchema) -> CoreSchema:
    return _usually(core_schema.nullable_schema(schema), None)


def _one_of(*words: str) -> CoreSchema:
    return core_schema.literal_schema(list(words))


def _of_target(_: GetCoreSchemaHandler) -> Schemas:
    item = core_schema.union_schema([_TEXT, core_schema.int_schema()])
    items = _usually(core_schema.tuple_variable_schema(item), ())
    return {"module": _TEXT, "class": _or_none(_TEXT), "attribute": _TEXT, "item": _or_none(item), "items": items}


def _of_edit(handler: GetCoreSchemaHandler) -> Schemas:
    return {
        "target": handler.generate_schema(Target),
        "replacement": _or_none(_REPLACEMENT),
        "value": _usually(core_schema.any_schema(), None),
        "how": _usually(_one_of("replace", "wrap", "add", "in_place"), "replace"),
        "namespace": _usually(_one_of("own", "target"), "own"),
        "signature": _usually(_one_of("keep", "change"), "keep"),
        "original": _usually(_TEXTS, ()),
        "fixed": _usually(_TEXTS, ()),
        "alias_of": _or_none(_TEXT),
    }


def _of_reproducer(_: GetCoreSchemaHandler) -> Schemas:
    return {
        "run": _REFERENCE,
        "expect": _or_none(_TEXT),
        "packages": _usually(_TEXTS, ()),
        "programs": _usually(_TEXTS, ()),
        "environment": _usually(core_schema.dict_schema(_TEXT, _TEXT), {}),
        "timeout": _usually(core_schema.float_schema(gt=0), 300.0),
        "disk": _usually(core_schema.float_schema(ge=0), 1.0),
    }


def _of_callbacks(_: GetCoreSchemaHandler) -> Schemas:
    return {name: _or_none(_REFERENCE) for name in Callbacks.fields}


def _of_any_of(_: GetCoreSchemaHandler) -> Schemas:
    alternative = core_schema.union_schema([_TEXT, core_schema.tuple_variable_schema(_TEXT, min_length=1)])
    return {"any_of": core_schema.tuple_variable_schema(alternative, min_length=2)}


def _of_patch(handler: GetCoreSchemaHandler) -> Schemas:
    aliases = core_schema.union_schema([_one_of("follow", "keep"), _TEXTS])
    return {
        "id": _TEXT,
        "summary": _TEXT,
        "requires": core_schema.tuple_variable_schema(
            core_schema.union_schema([_TEXT, handler.generate_schema(AnyOf)])
        ),
        "unbounded_because": _or_none(_TEXT),
        "prereleases": _usually(_one_of("by-version", "by-fingerprint"), "by-version"),
        "edits": core_schema.tuple_variable_schema(handler.generate_schema(Edit)),
        "fixes": _or_none(_TEXT),
        "upstream_status": _usually(_one_of("fixed", "open", "workaround"), "open"),
        "references": _usually(_TEXTS, ()),
        "resolves": _usually(_TEXTS, ()),
        "reproducer": _or_none(handler.generate_schema(Reproducer)),
        "supersedes": _usually(_TEXTS, ()),
        "aliases": _usually(aliases, "follow"),
        "callbacks": _usually(handler.generate_schema(Callbacks), Callbacks()),
        "required": _usually(core_schema.bool_schema(), True),
        "opt_in": _usually(core_schema.bool_schema(), False),
    }


_FIELDS: dict[type[Record], Callable[[GetCoreSchemaHandler], Schemas]] = {
    Target: _of_target,
    Edit: _of_edit,
    Reproducer: _of_reproducer,
    Callbacks: _of_callbacks,
    AnyOf: _of_any_of,
    Patch: _of_patch,
}
