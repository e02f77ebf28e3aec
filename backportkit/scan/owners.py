"""Tell which distribution has a module: Python, one that is installed or required, or one of the module's name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from backportkit.declaration import eligibility
from backportkit.declaration import owners as installed

if TYPE_CHECKING:
    from collections.abc import Collection

PYTHON = eligibility.PYTHON
# Packages whose distribution has another name, and that are much used.
_NAMES = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "Crypto": "pycryptodome",
    "yaml": "pyyaml",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "jwt": "pyjwt",
    "MySQLdb": "mysqlclient",
    "nacl": "pynacl",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "_distutils_hack": "setuptools",
    "psycopg2": "psycopg2",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "zmq": "pyzmq",
    "gi": "pygobject",
    "websocket": "websocket-client",
    "ruamel": "ruamel-yaml",
    "_pytest": "pytest",
    "rest_framework": "djangorestframework",
}
_OF_PYTHON = frozenset(
    {"distutils", "imp", "asynchat", "asyncore", "smtpd", "__builtin__", "httplib", "urllib2", "Queue"}
)


def of(module: str, required: Collection[str] = ()) -> str:
    """Return the distribution of a module, by its normalised name; `python` for a module of Python itself."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top in _OF_PYTHON or top == "__main__":
        return PYTHON
    if (name := canonicalize_name(top)) in required:
        return name
    known = next((dist for package, dist in _NAMES.items() if f"{module}.".startswith(f"{package}.")), None)
    if known is not None:
        return canonicalize_name(known)
    found = [canonicalize_name(one) for one in installed.of(top)]
    return next((one for one in found if one in required), (found or [name])[0])
