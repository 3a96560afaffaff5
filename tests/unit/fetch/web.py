"""A web server on this machine that serves a folder, and breaks, refuses or forgets as it is told."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """Files by path, and what is to go wrong: path -> bytes after which the next transfers break."""

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self):
        site, span = self.site, self.headers.get("Range")
        site.asked.append((self.path, span))
        if self.path not in site.files:
            self.send_error(404)
            return
        data, first = site.files[self.path], 0
        if span and site.ranges:
            first = int(span.removeprefix("bytes=").split("-")[0])
            if first >= len(data):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        broken = site.breaks.get(self.path)
        self.wfile.write(data[first : first + broken.pop(0)] if broken else data[first:])

    def log_message(self, *_):
        pass


@contextmanager
def serve():
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
