"""The errors of a patch that cannot be applied or undone, each with the facts and with the next step."""

from __future__ import annotations

from backportkit.declaration.registry import declared_patches
from backportkit.errors import (
    BackportError,
    ConflictError,
    PolicyError,
    ReplacementError,
    SettingsError,
    SignatureError,
    TargetError,
    UnknownPatchError,
    let_interrupt_pass,
)
from backportkit.layers import resolve
from backportkit.layers.journal import NotInstalled
from backportkit.layers.layer import ForeignLayer
from backportkit.layers.place import MISSING, full_name
from backportkit.layers.search import NAMED, text_of
from backportkit.shown import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.layers.layer import Layer, NotMade
    from backportkit.layers.place import Place

_ON_TOP = "cannot be undone, since somebody patched on top of it; theirs is left as it is"
# The reason after an undo that was refused because of somebody's object, which may go: `status` looks again.
BENEATH_THEIRS = f"not undone: {_ON_TOP}"

_MANY = 5  # ids in a message
_IMPORT = "import the module that declares it first; backportkit status shows all that is known"
_OFF = "BACKPORTKIT_DISABLE"
_SIGNATURE = "mend the signature, or write signature='change' if all callers are patched along"
_NARROW = "correct the target, or narrow `requires` to the releases that have it"
_ADD = "; or write how='add' if the fix adds it"
_UNWRITABLE = (NotInstalled, TypeError, AttributeError)  # their words say enough
_PLAIN = frozenset({bool, int, float, complex, str, bytes, type(None), tuple, list, dict, set, frozenset})


def unreachable(patch_id: str, edit: Edit, error: Exception) -> TargetError:
    """The path of the target leads nowhere, or to an owner that cannot be written to."""
    is_absent = isinstance(error, AttributeError)
    return TargetError(
        "the target is not there" if is_absent else "the target cannot be changed",
        patch=patch_id,
        target=str(edit.target),
        found=str(error),
        next_step=getattr(error, "way", "") or _NARROW,
    )


def not_there(patch_id: str, edit: Edit, place: Place, part: str | None = None) -> TargetError:
    """Nothing stands at the target, or the property there lacks the function that is meant."""
    is_lacking = part is not None and place.look_up() is not MISSING
    return TargetError(
        "the target is not there",
        patch=patch_id,
        target=str(edit.target),
        found=f"the property {place.name!r} has no {part}" if is_lacking else str(resolve.missing(place)),
        next_step=_NARROW + _ADD * (edit.how == "replace" and not issubclass(type(place.owner), list)),
    )


def refused(patch_id: str, edit: Edit, reason: tuple[str, str]) -> TargetError:
    """The edit can have no effect, or not the one that it should have."""
    found, next_step = reason
    return TargetError(
        "the target cannot be changed", patch=patch_id, target=str(edit.target), found=found, next_step=next_step
    )


def no_package(patch_id: str, edit: Edit, name: str) -> TargetError:
    """A module is to be added to what is no package."""
    return TargetError(
        "the target cannot be imported",
        patch=patch_id,
        target=str(edit.target),
        found=f"{name} is a module and no package, so that there is nothing to import beneath it",
        next_step=_NARROW,
    )


def in_the_way(patch_id: str, edit: Edit, place: Place) -> ConflictError:
    """Something stands where an edit is to add."""
    return ConflictError(
        "there is an attribute of that name already",
        patch=patch_id,
        target=str(edit.target),
        expected="nothing, since how='add'",
        found=shown(place.look_up()),
        next_step="use how='replace' (for a name of `adds`: in edits=[...] of a Patch), or narrow `requires`",
    )


def unusable(patch_id: str, edit: Edit, error: BaseException) -> ReplacementError:
    """The replacement has raised when it was imported or called. An interrupt is raised as it is."""
    let_interrupt_pass(error)
    from backportkit.redacted import quoted  # needs re

    return ReplacementError(
        f"the replacement {edit.alias_of or edit.replacement} cannot be used: {quoted(error)}",
        patch=patch_id,
        target=str(edit.target),
        next_step="mend the replacement",
    )


def not_made(failure: NotMade) -> BackportError:
    """The object of a layer could not be made."""
    layer, cause = failure.layer, failure.__cause__
    if cause is not None:
        return unusable(layer.key[0], layer.content.edit, cause)
    return TargetError(
        f"nothing is left to wrap at {layer.content.edit.target}; apply the patch again that adds it",
        patch=layer.key[0],
        target=str(layer.content.edit.target),
        next_step="apply the patch again that adds it",
    )


def gone(failure: NotMade) -> TargetError:
    """Say that what stood at the target is not there any more."""
    layer = failure.layer
    error = not_there(layer.key[0], layer.content.edit, layer.place)
    error.next_step = "let it stand there: `before_apply`, or another thread, has taken it away"
    return error


def misfit(patch_id: str, edit: Edit, reason: str, next_step: str = _SIGNATURE) -> SignatureError:
    """The replacement does not take what the original takes."""
    return SignatureError(
        "a caller of the original would fail",
        patch=patch_id,
        target=str(edit.target),
        expected="a replacement that takes every call the original takes",
        found=f"{reason} in {edit.replacement}",
        next_step=next_step,
    )


def vetoed(patch: ModulePatch, error: BaseException, deed: str) -> PolicyError:
    """An audit hook has raised an error when it was told of what is about to be done."""
    return PolicyError(
        f"an audit hook has kept it from being {deed}",
        patch=patch.patch_id,
        target=patch.described,
        found=_words_of(error),
        next_step="ask whoever has installed the hook by sys.addaudithook",
    )


def vetoed_elsewhere(error: BaseException) -> str:
    """Say why a patch is in none of its modules, as the reason of its state."""
    return f"an audit hook has kept it from being applied in another of its modules: {_words_of(error)}"


def unfit(patch_id: str, edit: Edit, reason: tuple[str, str]) -> ReplacementError:
    """The code of the replacement cannot run where that of the target does."""
    found, next_step = reason
    return ReplacementError(
        f"the code of {edit.replacement} cannot take the place of the target's",
        patch=patch_id,
        target=str(edit.target),
        found=found,
        next_step=next_step,
    )


def occupied(declared: Declared, target: str, layer: Layer) -> ConflictError:
    """Another patch has replaced the target, or changed it in place: `layer` is what it has put there."""
    other: Any = layer.content.origin
    is_other_name = layer.place.is_code and layer.key[1] not in target.split(", ")
    deed = f"has changed the same function, as {layer.key[1]}" if is_other_name else "has replaced the same target"
    return taken(declared, target, other, deed)


def carried_along(patch_id: str, target: str) -> ConflictError:
    """What holds the target was made anew, with our object in it, and nobody knows any more what was there before."""
    return ConflictError(
        "what holds the target was made anew, with our object in it",
        patch=patch_id,
        target=target,
        expected="the object that was patched before, or one without our object in it",
        found="our own object, in another one",
        next_step="have the program change the former one in place, or patch what it is made of",
    )


def taken(declared: Declared, target: str, other: Declared, deed: str) -> ConflictError:
    """Another patch has done something to the target, so that there is no room for this one."""
    return ConflictError(
        f"'{other.id}' {deed}",
        patch=declared.id,
        target=target,
        expected="one owner for each target",
        found=f"{other}; and {declared}",
        next_step=f"drop one of the two, {declared.how_to_supersede(other)}, or start with "
        f"BACKPORTKIT_DISABLE={declared.id}",
    )


def unwritable(patch_id: str, target: str, error: Exception) -> TargetError:
    """The owner does not keep the object that it is given, or raises."""
    return TargetError(
        "the target cannot be changed",
        patch=patch_id,
        target=target,
        found=_words_of(error),
        next_step=f"choose another target, or start with BACKPORTKIT_DISABLE={patch_id}",
    )


def of(patch: ModulePatch, error: Exception) -> BackportError:
    """Return the error to report for one that applying a patch has raised: itself if it is a BackportError."""
    if isinstance(error, BackportError):
        return error
    made = unwritable(patch.patch_id, patch.described, error)
    made.__cause__ = error
    return made


def _words_of(error: BaseException) -> str:
    """Return what an owner has raised, in words, with its type where the words alone say little."""
    from backportkit.redacted import quoted  # needs re

    try:
        return str(error) if isinstance(error, _UNWRITABLE) else quoted(error)
    except Exception:  # noqa: BLE001 -- somebody's __str__
        return type(error).__name__


def not_undone(patch_id: str, target: str, error: Exception) -> BackportError:
    """A layer of ours could not be taken out."""
    if not isinstance(error, ForeignLayer):
        return TargetError(
            "cannot be undone, since the target does not keep what it is given",
            patch=patch_id,
            target=target,
            expected="the object that was there",
            found=_words_of(error),
            next_step="start a process without the patch: BACKPORTKIT_DISABLE=" + patch_id,
        )
    return ConflictError(
        _ON_TOP,
        patch=patch_id,
        target=target,
        expected="our replacement",
        found=_described(error.found),
        next_step="undo theirs first, then this one again",
    )


def _described(value: Any) -> str:
    """A foreign object in words: the full name of a function or class, the type of another object, a plain value; what
    runs in a function that was changed in place.
    """
    if issubclass(type(value), NAMED):
        return ".".join(filter(None, (text_of(value, "__module__"), text_of(value, "__qualname__"))))
    if type(value) in _PLAIN:
        return shown(value)
    from backportkit.layers import beneath, code_place  # few are changed in place

    if type(value) is code_place.Body:
        return beneath.describe_code(value.code)
    return f"a {full_name(type(value))}"


def unknown(patch_id: object, known: list[str]) -> UnknownPatchError:
    """No patch has that id."""
    if not isinstance(patch_id, str):
        return UnknownPatchError("the id of a patch is a text", expected="an id", found=shown(patch_id))
    return UnknownPatchError(
        "no such patch is declared here",
        patch=patch_id,
        expected=f"one of: {_likest(patch_id, known)}",
        next_step=_meant(patch_id, known) or _IMPORT,
    )


def _likest(patch_id: str, known: list[str]) -> str:
    """The ids that are known, without those that are shipped; of many those that are most like another one."""
    from backportkit import alike  # only for the message of an error

    declared = {one: declared_patches.find(one) for one in known}
    own = [one for one, found in declared.items() if found is None or not (found.is_shipped or found.internal)]
    named = own if len(own) <= _MANY else [*alike.names(patch_id, own, _MANY, 0), f"{len(own) - _MANY} more"]
    if shipped := sum(found is not None and found.is_shipped for found in declared.values()):
        named = [*named, f"the {shipped} that come with backportkit (`backportkit status --all`)"]
    return " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]])) or "none"


def _meant(name: str, known: list[str], otherwise: str = "") -> str:
    """Ask whether another name was meant, and then say something else."""
    from backportkit import alike  # only for the message of an error

    return alike.then(name, known, otherwise)


def no_names(argument: str, names: object) -> SettingsError:
    """A call chooses patches by an object that is no text."""
    return SettingsError(
        f"{argument}=... of apply_all takes texts",
        expected="an id, a name or a pattern, or several of them",
        found=shown(names),
        next_step=f"write {argument}=['torch-*'], say",
    )


def needless(patch_id: str, known: list[str], who: str, where: str, deed: str = "switches off") -> SettingsError:
    """A patch is switched off, or asked for, that nobody declares."""
    return SettingsError(
        f"{who} {deed} '{patch_id}', which nobody declares",
        expected="the id of a patch that is declared here, or a pattern, which may fit none",
        next_step=_meant(patch_id, known, f"correct or delete it in {where}"),
    )


def needless_in_environment(patch_id: str, known: list[str]) -> SettingsError:
    """A patch is switched off in the environment that nobody declares."""
    error = needless(patch_id, known, _OFF, f"{_OFF}, which takes no patterns")
    error.expected = "the id of a patch that is declared here, or all"
    return error


def no_provider(name: str, known: list[str]) -> UnknownPatchError:
    """No distribution has that name."""
    return UnknownPatchError(
        f"no provider called '{name}' is here",
        expected=f"one of: {', '.join(known) or 'none'}",
        next_step=_meant(name, known, "correct providers=..., or install the distribution"),
    )
