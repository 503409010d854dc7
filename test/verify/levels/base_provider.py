#!/usr/bin/env python3
"""A provider written from the base document alone, with Python's standard library: one path, three names, the statuses
204, 400, 404 and 500, each error with a line of text. Usage: base_provider.py [TOKEN]; prints its port.
With a TOKEN it asks for it in X-Auth-Token, which is more than the document says."""
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

PATH = re.compile(r"^/v2/manage/namespaces/([^/]+)/repos/([^/]+)/tags/([^/]+)$")
TOKEN = sys.argv[1] if len(sys.argv) > 1 else None
IMAGES = {("group", "busybox"): {f"v{n}" for n in range(1, 13)} | {"V1"}}
LOCK = threading.Lock()


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_DELETE(self):
        match = PATH.match(self.path.split("?")[0])
        if match is None:
            return self.refuse(404, "no such path")
        if TOKEN is not None and self.headers.get("X-Auth-Token") != TOKEN:
            return self.refuse(401, "who are you?")
        try:
            namespace, repository, tag = (unquote(name, errors="strict") for name in match.groups())
        except UnicodeDecodeError:
            return self.refuse(400, "a name is not UTF-8")
        with LOCK:
            tags = IMAGES.get((namespace, repository))
            if tags is None:
                return self.refuse(404, "the repository does not exist")
            if tag not in tags:
                return self.refuse(404, "the image with this tag does not exist")
            tags.remove(tag)
        self.send_response(204)
        self.end_headers()

    def refuse(self, status, why):
        body = (why + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Provider)
print(server.server_address[1], flush=True)
server.serve_forever()
