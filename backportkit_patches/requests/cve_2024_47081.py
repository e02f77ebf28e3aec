"""Requests looks up .netrc by the wrong part of an address and sends the password of one host to another.

Upstream's own body, under Requests' licence (see NOTICE). Differs from the fix alone by two changes that upstream made
earlier: it reads $NETRC, as releases do since 2.25, and it has no check around `expanduser` for old Pythons.
"""
# SPDX-License-Identifier: Apache-2.0
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, FBT002, PTH110, PTH111, RET502, SIM108, TC004

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import backport

if TYPE_CHECKING:
    import os

    from requests.utils import NETRC_FILES, urlparse


@backport(
    "requests.utils:get_netrc_auth",  # requests.sessions has a copy, by `from .utils import`
    id="requests-cve-2024-47081",
    summary="an address such as http://known:@evil/ makes Requests send the .netrc password of 'known' to 'evil'",
    requires="requests>=2.19,<2.32.4",
    fixes="https://github.com/psf/requests/pull/6965",
    references=["https://github.com/psf/requests/security/advisories/GHSA-9hjg-9r4m-mvj7"],
    resolves=["CVE-2024-47081", "GHSA-9hjg-9r4m-mvj7"],
    original=["ast1:0faa7617d8eb", "ast1:3acd37ccf240", "ast1:f2dfff627f44", "ast1:559349c9f0a0"],
    fixed="ast1:5fb4ce9840b5",
    namespace="target",
    opt_in=True,
    reproducer={
        "run": "backportkit_patches.requests.cve_2024_47081_reproducer:reproduce",
        "expect": "the password of known.example went to evil.example",
        "environment": {"HOME": "{scratch}"},
    },
)
def get_netrc_auth(url, raise_errors=False):
    # fmt: off
    netrc_file = os.environ.get("NETRC")
    if netrc_file is not None:
        netrc_locations = (netrc_file,)
    else:
        netrc_locations = (f"~/{f}" for f in NETRC_FILES)

    try:
        from netrc import NetrcParseError, netrc

        netrc_path = None

        for f in netrc_locations:
            loc = os.path.expanduser(f)
            if os.path.exists(loc):
                netrc_path = loc
                break

        # Abort early if there isn't one.
        if netrc_path is None:
            return

        ri = urlparse(url)
        host = ri.hostname

        try:
            _netrc = netrc(netrc_path).authenticators(host)
            if _netrc:
                # Return with login / password
                login_i = 0 if _netrc[0] else 1
                return (_netrc[login_i], _netrc[2])
        except (NetrcParseError, OSError):
            # If there was a parsing error or a permissions issue reading the file,
            # we'll just skip netrc auth unless explicitly asked to raise errors.
            if raise_errors:
                raise

    # App Engine hackiness.
    except (ImportError, AttributeError):
        pass
    # fmt: on
