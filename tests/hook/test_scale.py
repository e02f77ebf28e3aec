"""Many watches, many imports, and what an import costs that concerns nobody."""

from __future__ import annotations


def test_ten_thousand_watches_and_a_thousand_registrations_of_one_name_need_no_recursion(world, run):
    world.write("victim.py", "")
    run("""
        sys.setrecursionlimit(120)
        for _ in range(1000):
            watch("victim")
        watch(*(f"absent{number}" for number in range(10_000)))
        import victim
        assert calls == ["victim"]
        assert sum(one is finder._finder for one in sys.meta_path) == 1
    """)


def test_hundreds_of_modules_are_each_reported_once_and_in_order(world, run):
    names = [f"pkg.m{number}" for number in range(300)]
    for name, following in zip(names, [*names[1:], ""], strict=True):
        world.write(name.replace(".", "/") + ".py", f"X = {following!r}\n")
    run(f"""
        names = {names!r}
        watch(*names)
        for name in names: importlib.import_module(name)
        assert calls == names
    """)


def test_chain_of_watched_imports_goes_as_deep_as_without_us(world, run):
    for number in range(60):
        world.write(f"m{number}.py", f"import m{number + 1}\n")
    world.write(
        "m60.py",
        "import sys\ndepth = 0\nframe = sys._getframe()\nwhile frame: depth, frame = depth + 1, frame.f_back\n",
    )
    depths = run("""
        import m60
        watch(*(f"m{number}" for number in range(61)))
        import m0
        assert len(calls) == 60 and calls[0] == "m59"
        del sys.modules["m60"], sys.modules["m59"], sys.modules["m58"]
        import m58
        print(sys.modules["m60"].depth)
        print(sum(name.startswith("m") and name[1:].isdigit() for name in sys.modules))
    """)
    assert depths[1] == "61"


def test_import_that_concerns_nobody_runs_one_short_function_of_ours(world, run):
    world.write("other.py", "")
    run("""
        watch(*(f"absent{number}" for number in range(1000)))
        finder.is_armed()
        ours, lines = [], []
        def trace(frame, event, argument):
            if not frame.f_globals.get("__name__", "").startswith("backportkit."):
                return None
            ours.append(frame.f_code.co_name)
            def local(frame, event, argument):
                lines.append(event)
                return local
            return local
        sys.settrace(trace)
        import other
        sys.settrace(None)
        assert ours == ["find_spec"] and lines.count("line") <= 5, (ours, lines)
    """)
