"""Arm the hook at interpreter start: copied into the throw-away environments of run.py and imported by a `.pth` line.

Each of these modules of the standard library is watched, with a callback that reads the module and changes nothing.
"""

from __future__ import annotations

import os

from backportkit.hook import finder, spec, watch

WATCHED = """
    abc argparse ast asyncio asyncio.events base64 bisect bz2 calendar cmd codecs collections collections.abc colorsys
    concurrent.futures contextlib copy csv ctypes ctypes.util datetime dataclasses decimal difflib dis doctest
    email email.message email.mime.text encodings.utf_16 enum faulthandler fractions functools glob gzip hashlib heapq
    html.parser http.client http.server importlib.abc importlib.machinery importlib.metadata importlib.resources
    importlib.util inspect io json json.decoder linecache locale logging logging.handlers math mimetypes
    multiprocessing multiprocessing.connection operator optparse os.path pathlib pdb pickle pickletools pkgutil
    platform plistlib pprint pydoc pydoc_data.topics queue random re readline runpy sched secrets selectors shelve
    shlex shutil signal site smtplib socket sqlite3 ssl statistics string struct subprocess symtable tempfile
    textwrap this threading timeit token tokenize trace traceback tracemalloc types typing unittest unittest.mock
    urllib.parse urllib.request uuid warnings weakref xml.dom.minidom xml.etree.ElementTree xmlrpc.client zipapp
    zipfile zipimport zlib _bz2 _ctypes _elementtree _json _pickle _socket _struct _zoneinfo zoneinfo
""".split()  # noqa: SIM905 - one line a name would be a page


class EveryModule(dict):
    """Watch every module that is imported, also those that CPython's tests write themselves."""

    def get(self, name, default=None):
        watched = super().get(name)
        if watched is None:
            finder.after_import([name], read)
            watched = super().get(name, default)
        return watched


def read(name, module):
    """Read one name, which nobody can notice. A module may be any object, also one without a dictionary."""
    watch.attributes_of(module).get(name)


if os.environ.get("BACKPORTKIT_TEST_WATCH") == "every":
    finder.watches = spec.watches = EveryModule()
finder.after_import(WATCHED, read)
finder.arm()
