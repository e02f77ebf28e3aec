"""Threads that import at the same time: each sees patched modules only, and nobody waits for ever."""

from __future__ import annotations


def test_sixteen_threads_importing_the_same_modules_see_them_patched(world, run):
    names = [f"pkg.m{number}" for number in range(40)]
    for number, name in enumerate(names):
        # No cycles: with them CPython before 3.12 raises _DeadlockError now and then, whoever imports.
        other = names[number // 2]
        world.write(name.replace(".", "/") + ".py", f"import time; time.sleep(0.0005)\nimport {other}\n")
    run(f"""
        import random, threading
        sys.setswitchinterval(1e-5)
        names = {names!r}
        watch(*names)
        barrier = threading.Barrier(16)
        def work(seed):
            order = random.Random(seed).sample(names, len(names))
            barrier.wait(20)
            for name in order:
                module = importlib.import_module(name)
                if not getattr(module, "patched", False):
                    failed.append(name)
        failed = []
        threads = [threading.Thread(target=work, args=[seed], daemon=True) for seed in range(16)]
        for thread in threads: thread.start()
        for thread in threads: thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert sorted(calls) == sorted(names) and not failed, (calls, failed)
    """)


def test_thread_that_a_body_starts_and_waits_for_may_import_and_arm(world, run):
    world.write(
        "victim.py",
        """
        import threading
        def work():
            import __main__, other
            __main__.watch("victim", "other", "third")
            assert __main__.finder.loaded_module("victim") is None
            import third
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    """,
    )
    world.write("other.py", "")
    world.write("third.py", "")
    run("""
        watch("victim", "other")
        import victim
        assert calls == ["other", "third", "victim"] and victim.patched
    """)


def test_callback_that_imports_does_not_deadlock_with_threads_that_import(world, run):
    for name in "abcdefgh":
        world.write(f"{name}.py", "import time; time.sleep(0.001)\n")
        world.write(f"for_{name}.py", f"import time, {name}; time.sleep(0.001)\n")
    run("""
        import threading
        def loaded(name, module):
            importlib.import_module("for_" + name)
            for other in "abcdefgh"[ord(name) - ord("a") + 1 :]:  # in a circle, CPython itself raises _DeadlockError
                importlib.import_module(other)
            calls.append(name)
        finder.after_import("abcdefgh", loaded)
        finder.arm()
        orders = ["abcdefgh"[n:] + "abcdefgh"[:n] for n in range(8)]
        work = lambda order: [importlib.import_module(name) for name in order]
        threads = [threading.Thread(target=work, args=[order], daemon=True) for order in orders]
        for thread in threads: thread.start()
        for thread in threads: thread.join(60)
        assert not any(thread.is_alive() for thread in threads) and sorted(calls) == list("abcdefgh"), calls
    """)


def test_callback_may_wait_for_a_thread_that_imports_something_else(world, run):
    world.write("victim.py", "")
    world.write("other.py", "")
    run("""
        import threading
        def loaded(name, module):
            thread = threading.Thread(target=importlib.import_module, args=["other"], daemon=True)
            thread.start()
            thread.join(20)
            assert not thread.is_alive()
            calls.append(name)
        finder.after_import(["victim"], loaded)
        finder.arm()
        import victim
        assert calls == ["victim"] and "other" in sys.modules
    """)


def test_watches_added_while_sixteen_threads_import_miss_no_module(world, run):
    names = [f"m{number}" for number in range(100)]
    for name in names:
        world.write(f"{name}.py", "import time; time.sleep(0.0002)\n")
    run(f"""
        import threading
        sys.setswitchinterval(1e-5)
        names = {names!r}
        def work(offset):
            for name in names[offset:] + names[:offset]:
                importlib.import_module(name)
        threads = [threading.Thread(target=work, args=[offset * 6], daemon=True) for offset in range(16)]
        finder.arm()
        for thread in threads: thread.start()
        for name in reversed(names):
            watch(name)
            module = finder.loaded_module(name)
            if module is not None:
                note(name, module)
        for thread in threads: thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert [name for name in names if not hasattr(sys.modules[name], "patched")] == []
    """)
