"""A plain file server, the least that can stand between a client and a disk: what transfers are measured beside.

``python -m bench.plain_server PORT FOLDER``: PUT writes a file, GET sends one with its length, by the kernel's own copy
from file to socket. No credentials, no checksums, no database; a thread for each connection.
"""

import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BLOCK_BYTES = 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Status line, headers and a small body leave together.
    wbufsize = 64 * 1024

    def __init__(self, folder: Path, *arguments: Any) -> None:
        self.folder = folder
        super().__init__(*arguments)

    def do_PUT(self) -> None:
        """Write the body to the file."""
        left = int(self.headers["content-length"])
        with self._file().open("wb", buffering=0) as file:
            while left:
                block = self.rfile.read(min(left, BLOCK_BYTES))
                if not block:
                    break
                file.write(block)
                left -= len(block)
        self._answer(200 if not left else 400, 0)

    def do_GET(self) -> None:
        """Send the file; the health of the server where no file is named."""
        if self.path == "/":
            self._answer(200, 0)
            return
        if not self._file().is_file():
            self._answer(404, 0)
            return
        with self._file().open("rb") as file:
            self._answer(200, self._file().stat().st_size)
            self.wfile.flush()
            self.connection.sendfile(file)

    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""

    def _file(self) -> Path:
        return self.folder / self.path.strip("/").replace("/", "-")

    def _answer(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("content-length", str(length))
        self.end_headers()


def main() -> None:
    """Serve the folder on the port until the process is ended."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, folder)).serve_forever()


if __name__ == "__main__":
    main()
