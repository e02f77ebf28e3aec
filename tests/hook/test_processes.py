"""fork, spawn, forkserver and sub-interpreters."""

from __future__ import annotations

import sys

import pytest


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_child_of_multiprocessing_has_the_hook_if_it_was_forked_or_imports_what_arms_it(world, run, method):
    world.write("victim.py", "")
    lines = run(f"""
        import multiprocessing, os
        parent = os.environ.get("PARENT")
        if __name__ == "__main__":
            watch("victim")
        def work(queue):
            armed = finder.is_armed()
            watch("victim")
            import victim
            queue.put((armed, calls, victim.patched))
        if __name__ == "__main__":
            context = multiprocessing.get_context({method!r})
            queue = context.SimpleQueue()
            child = context.Process(target=work, args=[queue])
            child.start()
            print(queue.get())
            child.join(20)
            assert "victim" not in sys.modules
    """)
    assert lines == [f"({method == 'fork'}, ['victim'], True)"]


def test_child_forked_in_the_middle_of_an_import_finishes_it_patched(world, run):
    world.write("victim.py", "import os\npid = os.fork()\n")
    lines = run("""
        import os
        watch("victim")
        import victim
        if victim.pid == 0:
            os._exit(7 if calls == ["victim"] and victim.patched else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(victim.pid, 0)[1]), calls)
    """)
    assert lines == ["7 ['victim']"]


SUB = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"


def test_sub_interpreter_has_no_hook_until_it_arms_its_own(world, run):
    world.write("victim.py", "")
    assert run(f"""
        import os
        for variable in [name for name in os.environ if name.startswith("COVERAGE_")]:
            del os.environ[variable]  # coverage's own extension cannot be loaded by a sub-interpreter
        import {SUB} as interpreters
        watch("victim")
        code = '''if True:
            import sys
            sys.path[:] = {{path!r}}
            from backportkit.hook import finder
            calls = []
            finder.after_import(["victim"], lambda name, module: calls.append(name))
            print(finder.is_armed(), flush=True)
            finder.arm()
            import victim
            print(calls, finder.is_armed(), flush=True)
        '''
        for _ in range(2):
            interpreter = interpreters.create()
            interpreters.run_string(interpreter, code.format(path=sys.path))
            interpreters.destroy(interpreter)
        import victim
        print(calls)
    """) == ["False", "['victim'] True"] * 2 + ["['victim']"]
