"""The functions that `calls` calls, and their replacements; the loops are the same for the one and the other."""

from __future__ import annotations


def function(a):
    return a


class Callee:
    def method_(self, a):
        return a

    @staticmethod
    def static_(a):
        return a

    @classmethod
    def class_(cls, a):
        return a

    @property
    def property_(self):
        return None


def replacements_function(a):
    return a


def replacements_method(self, a):
    return a


def replacements_static(a):
    return a


def replacements_class(cls, a):
    return a


def replacements_property(self):
    return None


def closure_function(old):
    def wrapper(a):
        return old(a)

    return wrapper


def closure_method(old):
    def wrapper(self, a):
        return old(self, a)

    return wrapper


def closure_static(old):
    return closure_function(old)


def closure_class(old):
    return closure_method(old)


def closure_property(old):
    return closure_function(old)


def owner(kind):
    """Return the place of a kind of target, as an object and a name."""
    import sys

    return (sys.modules[__name__], "function") if kind == "function" else (Callee, f"{kind}_")


def raw(kind):
    where, name = owner(kind)
    return vars(where)[name]


def function_in(found):
    """The plain function of a static or class method or a property."""
    return getattr(found, "__func__", None) or getattr(found, "fget", None) or found


def put(kind, made):
    """Set the attribute by hand, in the dress of what stands there."""
    where, name = owner(kind)
    dress = type(raw(kind))
    setattr(where, name, made if dress is type(function_in) else dress(made))


_callee = Callee()


def _function(repeat):
    for _ in range(repeat):
        function(None)


def _method(repeat):
    for _ in range(repeat):
        _callee.method_(None)


def _static(repeat):
    for _ in range(repeat):
        _callee.static_(None)


def _class(repeat):
    for _ in range(repeat):
        _callee.class_(None)


def _property(repeat):
    for _ in range(repeat):
        _callee.property_  # noqa: B018 - that is the call


LOOPS = {"function": _function, "method": _method, "static": _static, "class": _class, "property": _property}
