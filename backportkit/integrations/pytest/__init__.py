"""pytest: say which patches a run has, prove each patch as a test, and take patches out for one.

pytest loads this package by the entry point `pytest11`. The rooms in it are loaded where they are needed: a run
without patches loads none of them.

Source: https://docs.pytest.org/en/stable/reference/reference.html#hooks
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from pathlib import Path

    from backportkit.declaration.registry import Declared
    from backportkit.integrations.pytest.proofs import Proofs

_BOOTSTRAP, _DECLARATIONS, _ENGINE = (
    f"backportkit.{name}" for name in ("bootstrap", "declaration.registry", "engine.verbs")
)


class Moment(NamedTuple):
    """The state of this process before a test.

    Attributes:
        modules: The names of the modules that are loaded.
        declared: The patches that are declared, by their ids.
        applied: The ids of those that are in effect.
    """

    modules: frozenset[str]
    declared: Mapping[str, Declared]
    applied: frozenset[str]


_out = pytest.StashKey[ExitStack]()
_before = pytest.StashKey[Moment]()


# --- options ---


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("backportkit", "patches by backportkit")
    group.addoption(
        "--backportkit", action="store_true", help="collect a test for each patch of the project, which proves it"
    )
    group.addoption(
        "--backportkit-fast",
        action="store_true",
        help="the same with two processes for each patch: without it, and with it",
    )
    group.addoption(
        "--backportkit-off",
        action="append",
        default=[],
        metavar="ID",
        help="run without the patch of that id; `all` is for all patches; may be given several times",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Switch patches off before a conftest.py applies them."""
    if names := early_config.known_args_namespace.backportkit_off:
        from backportkit.integrations.pytest import off

        with _usage():
            off.switch_off(early_config, names)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and have the file of the project collected where proofs are asked for."""
    config.addinivalue_line("markers", "unpatched(*ids): take patches out for the length of a test")
    if _is_proved(config):
        from backportkit.integrations.pytest import asked

        with _usage():
            asked.have_collected(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to switch off what nobody declares."""
    if names := session.config.option.backportkit_off:
        from backportkit.integrations.pytest import off

        with _usage():
            off.refuse_unknown(session.config, names)


@contextmanager
def _usage() -> Iterator[None]:
    """Have an error of backportkit end the run as wrong usage, without a traceback."""
    from backportkit.errors import BackportError

    try:
        yield
    except BackportError as error:
        raise pytest.UsageError(str(error)) from error


def _is_proved(config: pytest.Config) -> bool:
    return bool(config.option.backportkit or config.option.backportkit_fast)


# --- what is said ---


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say how many patches there are, and where they stand."""
    if not (_has_patches() or _has_all_off()):
        return []
    from backportkit.integrations.pytest import header

    return header.lines(config)


def _has_patches() -> bool:
    """Tell whether something in this process declares patches or waits for the target of one. Loads nothing."""
    bootstrap: Any = sys.modules.get(_BOOTSTRAP)
    return _DECLARATIONS in sys.modules or (bootstrap is not None and bootstrap.bootstrap_finder.is_waiting)


def _has_all_off() -> bool:
    """Tell whether the environment switches off all patches, in which case none is read. Loads nothing."""
    return "all" in map(str.strip, os.environ.get("BACKPORTKIT_DISABLE", "").split(","))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name in each failure the patches whose code is in the traceback, and those that are in force."""
    if call.excinfo is None or _ENGINE not in sys.modules:
        return (yield)
    from backportkit.integrations.pytest import footer

    footer.note(call.excinfo.value)
    report = yield
    footer.name_applied(report, call.excinfo.value)
    return report


def pytest_exception_interact(call: pytest.CallInfo[Any], report: pytest.CollectReport | pytest.TestReport) -> None:
    """Name the same in each error of the collection, of which pytest has made the report by now."""
    if call.excinfo is not None and isinstance(report, pytest.CollectReport) and _ENGINE in sys.modules:
        from backportkit.integrations.pytest import footer

        footer.name_all(report, call.excinfo.value)


# --- proofs ---


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Proofs | None:
    """Collect a proof for each patch of the project out of its pyproject.toml."""
    if not _is_proved(parent.config) or file_path != parent.config.rootpath / "pyproject.toml":
        return None
    from backportkit.integrations.pytest.proofs import Proofs

    found: Proofs = Proofs.from_parent(parent, path=file_path)
    return found


# --- one test ---


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Take out the patches that the marker names, before any fixture of the test is set up."""
    item.stash[_before] = _now(item.config)
    stack = item.stash[_out] = ExitStack()
    for mark in item.iter_markers("unpatched"):
        _take_out(stack, *mark.args)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Bring back what marker and fixture have taken out, after all fixtures, and warn of what the test has changed."""
    try:
        return (yield)
    finally:
        if _before in item.stash:  # else the test was skipped
            item.stash[_out].close()
            _warn_of_changes(item)


def _now(config: pytest.Config) -> Moment:
    """Return the present state. Loads nothing where nothing is applied."""
    declarations: Any = sys.modules.get(_DECLARATIONS)
    declared = {} if declarations is None else {one.id: one for one in declarations.declared_patches}
    return Moment(frozenset(sys.modules), declared, _applied(config))


def _applied(config: pytest.Config) -> frozenset[str]:
    if _ENGINE not in sys.modules:
        return frozenset()
    from backportkit.integrations.pytest import changes

    return changes.applied(config)


def _warn_of_changes(item: pytest.Item) -> None:
    before = item.stash[_before]
    del item.stash[_before]
    if _ENGINE in sys.modules:
        from backportkit.integrations.pytest import changes

        for warning in changes.warnings(item, before):
            item.warn(warning)


def _take_out(stack: ExitStack, *ids: str) -> None:
    """Take patches out until the stack is closed. What is wrong with an id is the failure of the test."""
    from backportkit.engine import on_error, verbs
    from backportkit.errors import BackportError

    wrong = "" if ids else "unpatched needs the id of a patch"
    try:
        for patch_id in () if on_error.all_disabled() else ids:  # then nothing is in force, and no provider is read
            stack.enter_context(verbs.unpatched(patch_id))
    except BackportError as error:
        wrong = str(error)
    if wrong:
        pytest.fail(wrong, pytrace=False)


@pytest.fixture
def unpatched(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that takes patches out for the rest of the test: `unpatched("some-id")`.

    They come back after all fixtures, so that they find what the fixture `monkeypatch` has put back.
    """
    return partial(_take_out, request.node.stash[_out])
