"""A proxy on this machine, which passes on what it is asked for and takes note of it."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Proxy:
    """A proxy for HTTP, and for HTTPS by CONNECT."""

    def __init__(self, credentials=None):
        self.credentials = credentials
        self.asked = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy

    def do_GET(self):
        self.proxy.asked.append(self.path)
        given = self.headers["Proxy-Authorization"]
        own = self.proxy.credentials
        if own and given != f"Basic {base64.b64encode(own.encode()).decode()}":
            return self.send_error(407)
        parts = urlsplit(self.path)
        target = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        target.request("GET", parts.path, headers={name: self.headers[name] for name in self.headers if name != "Host"})
        answer = target.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.read())
        return target.close()

    def do_CONNECT(self):
        self.proxy.asked.append(self.path)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as target:
            self.send_response(200)
            self.end_headers()
            pairs = {self.connection: target, target: self.connection}
            while content := _first(pairs):
                content[1].sendall(content[0])

    def log_message(self, *_):
        pass


def _first(pairs):
    """Return what one of the ends says, and the end that is to have it; None if it says nothing more."""
    (ready, *_), _, _ = select.select(list(pairs), [], [], 10)
    content = ready.recv(65536)
    return (content, pairs[ready]) if content else None
