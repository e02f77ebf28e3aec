"""A program sees nothing of the hook when an import fails or warns, unless the callback itself has failed."""

from __future__ import annotations

import pytest

IMPORTS = {
    "body raises": "raise ValueError('broken')\n",
    "body raises an ImportError": "import absent_altogether\n",
    "body has a syntax error": "def :\n",
    "body raises deeper down": "def f():\n    raise ValueError('broken')\nf()\n",
    "body imports a broken module": "import broken\n",
    "body leaves the program": "raise SystemExit(3)\n",
}


@pytest.mark.parametrize("case", IMPORTS)
def test_traceback_is_the_same_as_without_us_when(world, start, case):
    world.write("pkg/victim.py", IMPORTS[case])
    world.write("broken.py", "1 / 0\n")
    script = """
        if sys.argv[1] == "armed":
            watch("pkg", "pkg.victim", "broken")
        import pkg.victim
    """
    armed, bare = start(script, "armed"), start(script, "bare")
    assert (armed.returncode, armed.stderr) == (bare.returncode, bare.stderr)
    assert armed.returncode in {1, 3}


def test_module_whose_body_failed_is_gone_and_can_be_imported_again(world, run):
    world.write("victim.py", "import __main__\nassert __main__.fine\n")
    run("""
        fine = False
        watch("victim")
        try:
            import victim
        except AssertionError:
            assert "victim" not in sys.modules and calls == []
        fine = True
        import victim
        assert calls == ["victim"]
    """)


@pytest.mark.parametrize("earlier", ["", "victim = 'what the parent had'"])
def test_callback_that_raises_makes_the_import_fail_and_leaves_nothing_behind(world, run, earlier):
    world.write("pkg/__init__.py", earlier)
    world.write("pkg/victim.py", "")
    run("""
        class Refused(Exception):
            pass
        def refuse(name, module):
            assert sys.modules["pkg"].victim is module
            raise Refused(name)
        finder.after_import(["pkg.victim"], refuse)
        finder.arm()
        import pkg
        before = dict(vars(pkg))
        for _ in range(2):
            try:
                import pkg.victim
            except Refused as error:
                assert error.args == ("pkg.victim",)
            else:
                raise AssertionError
            assert "pkg.victim" not in sys.modules and dict(vars(pkg)) == before
        watch("pkg.victim")
        import pkg.victim
        assert calls == ["pkg.victim"] and pkg.victim.patched
    """)


def test_callback_that_raises_in_a_reload_leaves_the_module_where_it_was(world, run):
    world.write("victim.py", "")
    run("""
        import victim
        finder.after_import(["victim"], lambda name, module: 1 / 0)
        finder.arm()
        try:
            importlib.reload(victim)
        except ZeroDivisionError:
            assert sys.modules["victim"] is victim and finder.loaded_module("victim") is victim
        else:
            raise AssertionError
    """)


def test_announcement_that_raises_makes_the_import_fail_before_the_body(world, run):
    world.write("victim.py", "raise AssertionError('body')\n")
    run("""
        def refuse(name):
            raise LookupError(name)
        finder.before_import(["victim"], refuse)
        finder.arm()
        try:
            import victim
        except LookupError:
            assert "victim" not in sys.modules
        else:
            raise AssertionError
    """)


def test_parent_that_takes_no_attributes_does_not_hinder_the_callback(world, run):
    world.write(
        "pkg/__init__.py",
        """
        import sys
        class Closed:
            __slots__ = ("__path__", "__spec__", "__name__")
        closed = Closed()
        closed.__path__, closed.__spec__, closed.__name__ = __path__, __spec__, __name__
        sys.modules[__name__] = closed
    """,
    )
    world.write("pkg/victim.py", "")
    run(
        """
        watch("pkg.victim")
        import pkg.victim
        assert calls == ["pkg.victim"] and sys.modules["pkg.victim"].patched
        """,
        flags=["-W", "ignore::ImportWarning"],
    )


def test_warning_in_a_body_is_attributed_to_the_importer(world, run):
    world.write("victim.py", "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n")
    run("""
        import warnings
        watch("victim")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import victim
        assert [warning.filename for warning in caught] == [__file__] and calls == ["victim"]
    """)


def test_frames_of_a_running_body_are_those_of_importlib_and_the_program_only(world, run):
    world.write(
        "victim.py",
        """
        import sys
        frame, files = sys._getframe(), []
        while frame:
            files.append(frame.f_code.co_filename)
            frame = frame.f_back
        del frame
    """,
    )
    run("""
        watch("victim")
        import victim
        others = {name for name in victim.files if not name.startswith("<frozen importlib.")}
        assert others == {__file__, victim.__file__}, others
    """)
