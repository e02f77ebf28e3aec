"""Fail where Requests sends the password that .netrc has for one host to another."""
# mypy: ignore-errors

from __future__ import annotations

import os
from pathlib import Path


def reproduce() -> None:
    """Prepare a request to an address whose user name is a host that .netrc knows. Needs no network."""
    os.environ.pop("NETRC", None)  # releases before 2.25 read ~/.netrc only
    netrc = Path.home() / ".netrc"
    netrc.write_text("machine known.example login user password secret\n", "utf-8")
    netrc.chmod(0o600)

    import requests

    request = requests.Request("GET", "http://known.example:@evil.example/")
    sent = requests.Session().prepare_request(request).headers.get("Authorization", "")
    # The basic authentication of user:secret.
    assert sent != "Basic dXNlcjpzZWNyZXQ=", "the password of known.example went to evil.example"
