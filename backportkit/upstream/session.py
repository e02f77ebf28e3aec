"""Talk to an index over HTTP, by requests: proxies and `.netrc` as it reads them, and certificates of uv and pip."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, _basic_auth_str
from requests.utils import get_netrc_auth
from urllib3.util import Retry

from backportkit.upstream import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests import PreparedRequest, Response

    from backportkit.upstream.settings import Index

AT_A_TIME = 8
_TIMEOUT = (10, 60)  # seconds for a connection, and for an answer
_RETRIES = Retry(3, backoff_factor=0.3, status_forcelist=[429, 500, 502, 503, 504], raise_on_status=False)


class Session(requests.Session):
    """A session that counts its requests and the bytes of their answers, as the headers tell them."""

    def __init__(self, indexes: Iterable[Index]) -> None:
        super().__init__()
        self.headers["User-Agent"] = f"backportkit {requests.utils.default_user_agent()}"
        self.auth = _Credentials(indexes)
        self.verify = settings.certificates() or True
        self.requests = self.bytes = 0
        self._lock = threading.Lock()
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=2 * AT_A_TIME, max_retries=_RETRIES))

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Send a request, with a limit of time, and count it."""
        response = super().send(request, **{**options, "timeout": options.get("timeout") or _TIMEOUT})
        with self._lock:
            self.requests += 1
            self.bytes += int(response.headers.get("Content-Length") or 0)
        return response


class _Credentials(AuthBase):
    """Send to the host of an index what its settings say, and to others what `.netrc` says."""

    def __init__(self, indexes: Iterable[Index]) -> None:
        self._known = {urlsplit(one.url).netloc: (one.user, one.password) for one in indexes if one.user}

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url = request.url or ""
        found = self._known.get(urlsplit(url).netloc) or get_netrc_auth(url)
        if found is not None:
            request.headers["Authorization"] = _basic_auth_str(*found)
        return request
