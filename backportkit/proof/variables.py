"""Choose the environment variables that a reproducer's process gets: few, and no secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_ANYWHERE = frozenset(
    {
        *("PATH", "LANG", "LANGUAGE", "TZ", "TERM", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP"),
        # compilers, which reproducers may call
        *("CC", "CXX", "CPP", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH", "LIBRARY_PATH", "SDKROOT"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET"),
        # accelerators, and how many threads to start
        *("CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES", "ROCM_HOME", "HIP_VISIBLE_DEVICES"),
        *("OMP_NUM_THREADS", "MKL_NUM_THREADS"),
        # certificates, by their files
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        # What Python reads and what changes no result: bytecode, encodings, and the lock. The others are left out, so
        # that a proof has the same result in each shell.
        *("PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "PYTHONPYCACHEPREFIX", "PYTHONUTF8", "PYTHON_GIL"),
        "PYTEST_CURRENT_TEST",
    }
)
_BEGINNINGS = "LC_", "COVERAGE_"  # coverage measures processes by its own
# Without the first three no program starts (https://learn.microsoft.com/windows/win32/api/processthreadsapi, and
# https://bugs.python.org/issue1384175 for SYSTEMROOT); the others lead to compilers.
_ON_WINDOWS = frozenset(
    {
        *("SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "WINDIR", "PATHEXT", "OS"),
        *("NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER"),
        *("PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "COMMONPROGRAMFILES"),
        *("COMMONPROGRAMFILES(X86)", "INCLUDE", "LIB", "LIBPATH"),
    }
)
_HOMES = ("HOME",)
_HOMES_ON_WINDOWS = "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"


def usual(
    variables: Mapping[str, str], scratch: str, passed: Collection[str] = (), system: str = os.name
) -> dict[str, str]:
    """Return the variables that a process gets: the usual ones, and those that the user passes on by name.

    Its home is an empty folder, unless the user passes his own on.
    """
    is_windows = system == "nt"
    known = _ANYWHERE | _ON_WINDOWS if is_windows else _ANYWHERE
    homes = dict.fromkeys(_HOMES_ON_WINDOWS if is_windows else _HOMES, scratch)
    return homes | {
        name: value
        for name, value in variables.items()
        if name in known or name in passed or name.startswith(_BEGINNINGS)
    }
