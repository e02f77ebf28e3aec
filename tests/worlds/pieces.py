"""The pieces of random worlds: sources, the places in them, and the edits of patches there."""

from __future__ import annotations

NOTHING = object()
CONSTANTS = (True, False, None, 0, 1, -1, 257, "", "text", 1.5)
HEADS = {
    "Plain": "class {name}(Above):",
    "Slotted": "class {name}(Above):\n    __slots__ = ('slot',)",
    "Abstract": "class {name}(abc.ABC, Above):\n    @abc.abstractmethod\n    def lacking(self): pass",
    "Complete": "class {name}(Lacking):\n    def lacking(self): pass",
    "Coloured": "class {name}(Above, enum.Enum):\n    RED = 1",
    "Data": "@dataclasses.dataclass\nclass {name}(Above):\n    field: int = 0",
    "Frozen": "@dataclasses.dataclass(frozen=True)\nclass {name}(Above):\n    field: int = 0",
    "OfMeta": "class {name}(Above, metaclass=Meta):",
    "Tuple": "class {name}(typing.NamedTuple):\n    field: int = 0",
    "Generic": "class {name}(Above, typing.Generic[T]):",
}
BODY = """
    def method(*a): return ("{name}.method",)
    @staticmethod
    def static(*a): return ("{name}.static",)
    @classmethod
    def of_class(*a): return ("{name}.of_class",)
    @property
    def size(self): return ("{name}.size",)
    @size.setter
    def size(self, value): return ("{name}.size",)
    same = shared
"""
START = """
import abc, dataclasses, enum, typing
T = typing.TypeVar("T")
def shared(*a): return ("shared",)
def function(*a): return ("function",)
other = shared
class Meta(type):
    def of_meta(*a): return ("Meta.of_meta",)
class Above:
    __slots__ = ()
    LIMIT = None
    def inherited(*a): return ("inherited",)
class Lacking(abc.ABC):
    LIMIT = None
    @abc.abstractmethod
    def lacking(self): pass
    def inherited(*a): return ("inherited",)
class Items(dict): pass
class Holder:
    LIMIT = None
    def __init__(self, **held): vars(self).update(held)
    def __setattr__(self, name, value): raise AttributeError(name)
"""


class Place:
    """Somewhere in the world, with what stood there first; `kind` says what may be done with it."""

    def __init__(self, owner, name, target, kind, *, shared):
        self.owner, self.name, self.kind, self.shared = owner, name, kind, shared
        self.target = target
        self.is_item = isinstance(owner, dict | list)
        self.base = NOTHING if kind == "new" else self.find()
        self.taken = set()  # by whom it is replaced: one of each part

    def find(self):
        """Return what a look-up finds as something to compare: the value, or the names of all functions that run."""
        found = vars_of(self.owner).get(self.name, NOTHING) if self.is_item else getattr(self.owner, self.name, NOTHING)
        if isinstance(found, property):
            return {"fget": found.fget(None), "fset": found.fset(None, None)}
        return found(None) if callable(found) and found is not NOTHING else found


class Edit:
    """One edit of a patch at one place: its effect on what stands there, in the model and in the declaration."""

    def __init__(self, place, how, effect, declared, part=None):
        self.place, self.how, self.effect, self.declared, self.part = place, how, effect, declared, part
        self.order = -1 if how == "in_place" else 2 if how == "wrap" else 1 if part else 0

    def declaration(self):
        part = f".{self.part}" if self.part else ""
        return {"target": self.place.target + part, "how": self.how} | self.declared

    def apply(self, found):
        """Return what a look-up finds with this edit, if it found `found` without. Raise what the wrapper raises."""
        if self.how == "wrap" and found is NOTHING:
            raise LookupError
        if isinstance(found, dict):
            part = self.part or "fget"
            return found | {part: self.effect(found[part])}
        return self.effect(found)


def vars_of(owner):
    if isinstance(owner, list):
        return dict(enumerate(owner))
    return owner if isinstance(owner, dict) else vars(owner)


# --- what replaces and what wraps ---


def same(original):
    return original


def negated(original):
    return not original


def more(original):
    return original + 1


def boxed(original):
    return [original]


def always(value):
    return lambda original: value


def shared_product(*a):
    return ("shared product",)


def sharing(original):
    return shared_product


def around(label):
    def wrapper(original):
        return lambda *a: (label, *original(*a))

    return wrapper


def function_called(label):
    return lambda *a: (label,)


def bare_function_called(label):
    """One with no variables of what is around it, whose code another function can have."""
    return lambda *a, label=label: (label,)


# Products of which several places have the very same object: nobody's copies may follow them.
SHARING = (sharing, shared_product)


def keeps_copies(edits):
    """Tell whether a patch must leave copies alone, since its original or replacement stands at several places."""
    return any(edit.place.shared or edit.declared.get("replacement") in SHARING for edit in edits)
