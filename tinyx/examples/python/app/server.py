#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import sys


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"Hello from Python {sys.version_info.major}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    # A name server is not there to be asked.
    def address_string(self):
        return self.client_address[0]


ThreadingHTTPServer(("", 8000), Hello).serve_forever()
