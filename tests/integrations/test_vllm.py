"""vLLM: each of its processes calls the entry points of the group `vllm.general_plugins`."""

from __future__ import annotations


def test_general_plugin_arms_the_patches_of_installed_providers(world):
    world.provide(
        "def f(): return 'old'\n",
        """
        from backportkit import backport
        @backport("victim:f", id="victim-1", requires="victim>=1,<2")
        def f():
            "what breaks"
            return "new"
        """,
    )
    script = """
        from importlib.metadata import entry_points
        (plugin,) = (found for found in entry_points(group="vllm.general_plugins") if found.name == "backportkit")
        plugin.load()()
        import victim
        print(victim.f())
    """
    assert world.run(script) == ["new"]
