#!/usr/bin/env python3
"""A provider of the vendor's dialect, written from the vendor's pages with Python's standard library: tokens, 401 before
400 before 403 before 404, the pair error_code and error_msg, rules of names, `$` for `/`. Nothing beyond that: no request
id, no second body format, one answer for what it does not know. Usage: vendor_provider.py; prints its port."""
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import unquote_to_bytes

PATH = re.compile(r"/v2/manage/namespaces/([^/]+)/repos/([^/]+)/tags/([^/]+)")
PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
NAMES = (
    ("SVCSTG.SWR.4001028", "Invalid organization name", 64, re.compile(rf"(?=[a-z]){PART}")),
    ("SVCSTG.SWR.4001029", "Invalid image name", 128, re.compile(rf"{PART}(?:\${PART})*")),
    ("SVCSTG.SWR.4009021", "Invalid image tag", 128, re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")),
)
MALFORMED = re.compile(r"%(?![0-9A-Fa-f]{2})")
MAY_DELETE_IN = {"token-of-the-allowed": {"group", "no-such-org"}, "token-of-the-forbidden": {"elsewhere"}}
IMAGES = {"group": {"team/app": {"V1"} | {f"v{number}" for number in range(1, 13)}}}
LOCK = Lock()


class Refusal(Exception):
    def __init__(self, status, code, message):
        self.status, self.body = status, {"error_code": code, "error_msg": message}


def decoded(sent, code, message, longest, pattern):
    try:
        name = None if MALFORMED.search(sent) else unquote_to_bytes(sent).decode("utf-8")
    except UnicodeDecodeError:
        name = None
    if name is None or len(name) > longest or not pattern.fullmatch(name):
        raise Refusal(400, code, message)
    return name


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_DELETE(self):
        try:
            self.delete()
        except Refusal as refusal:
            return self.answer(refusal.status, json.dumps(refusal.body).encode())
        self.answer(204)

    def delete(self):
        match = PATH.fullmatch(self.path.split("?")[0])
        if match is None:
            raise Refusal(404, "APIGW.0101", "The API does not exist or has not been published in the environment")
        tokens = self.headers.get_all("X-Auth-Token") or []
        signed = self.headers.get("Authorization") is not None
        permitted = MAY_DELETE_IN.get(tokens[0]) if len(tokens) == 1 and not signed else None
        if permitted is None:
            raise Refusal(401, "SVCSTG.SWR.4010000", "Authentication failed")
        namespace, repository, tag = (decoded(sent, *rule) for sent, rule in zip(match.groups(), NAMES))
        if namespace not in permitted:
            raise Refusal(403, "SVCSTG.SWR.4030170", "Insufficient permissions")
        with LOCK:
            if namespace not in IMAGES:
                raise Refusal(404, "SVCSTG.SWR.4040058", "The organization does not exist")
            tags = IMAGES[namespace].get(repository.replace("$", "/"))
            if tags is None:
                raise Refusal(404, "SVCSTG.SWR.4040113", "The repository does not exist")
            if tag not in tags:
                raise Refusal(404, "SVCSTG.SWR.4040115", "The tag does not exist")
            tags.remove(tag)

    def answer(self, status, body=b""):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
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
