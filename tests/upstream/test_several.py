"""Several things are done at a time, and their results come in order."""

from __future__ import annotations

import time

import pytest

from backportkit.upstream.several import each


def test_results_come_in_order():
    """The result of each item comes in its place, however long it took."""
    assert list(each(lambda item: time.sleep(0.02 * (5 - item)) or item, range(5), 3)) == [0, 1, 2, 3, 4]


def test_what_fails():
    """What fails is raised where its result would come."""
    results = each(lambda item: 1 // item, [1, 0, 1], 2)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_nothing_to_do():
    """Where there is nothing to do, nothing is done."""
    assert list(each(str, [], 3)) == []


def test_who_stops_asking():
    """Once nobody asks for results any more, nothing new is begun."""
    begun = []
    results = each(lambda item: (begun.append(item), time.sleep(0.05)), range(100), 1)
    next(results)
    results.close()
    before = len(begun)
    time.sleep(0.2)
    assert len(begun) <= before + 1 < 100
