"""An environment with a locked policy, and a provider in it."""

from __future__ import annotations

import json

LOCK = "from pathlib import Path; from backportkit.activation import policies; "
USE = "import backportkit; backportkit.apply_all(); import victim; print(victim.f())"
DECLARES = """
from backportkit import backport
{above}
@backport("victim:f", requires="victim<9", id="good-1", summary="s")
def f():
    {body}
"""
MARK = "open({path!r}, 'a').write('x')\n"


class Provider:
    """A locked environment with a provider whose patch needs more than its own module."""

    def __init__(self, world, tmp_path):
        self.world, self.folder, self.mark = world, tmp_path, tmp_path / "mark"
        self.path = tmp_path / "backportkit-policy.toml"
        world.distribution("victim", "1.0")
        world.write("victim.py", "def f(): return 'old'\n")
        self.info = world.distribution("good", "1.0", {"victim": "good.backports"})

    def declare(self, body="return 'new'", above="", module="good/backports.py"):
        self.world.write(module, DECLARES.format(above=above, body=body))

    def start(self, script, **options):
        return self.world.start(f"import sys; sys.prefix = {str(self.folder)!r}; {script}", **options)

    def lock(self):
        done = self.start(f"{LOCK}print('\\n'.join(policies.lock(Path({str(self.path)!r}), ['good']).gone))")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def differences(self):
        done = self.start(f"{LOCK}import json; print(json.dumps(policies.differences(Path({str(self.path)!r}))))")
        return [line for line in json.loads(done.stdout) if "'good'" in line]

    def forge(self, file):
        """Put code into a file that leaves a mark when it is executed."""
        path = self.folder / file
        path.write_text(MARK.format(path=str(self.mark)) + path.read_text("utf-8"), "utf-8")

    def refused(self):
        """Tell whether the patch is refused, and nothing that was forged was executed."""
        done = self.start(USE)
        return "new" not in done.stdout and "policy" in done.stderr and not self.mark.exists()
