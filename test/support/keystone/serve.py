#!/usr/bin/python3
"""A real Keystone on loopback in one process, for tests: serve.py DIRECTORY [PORT].

Prints {"url": …} once it answers. DIRECTORY keeps keys and database, so the same Keystone can be started again. SIGTERM
ends it. Its user is admin with the password admin-password. TOKEN_SECONDS sets for how long tokens are valid.
"""
import base64
import json
import os
import signal
import socketserver
import sqlite3
import sys
from wsgiref import simple_server

directory = os.path.abspath(sys.argv[1])
port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
# Keystone reads the command line too, and ends on arguments that it does not know.
del sys.argv[1:]
os.umask(0o077)


def make_keys(name, count):
    """Fernet keys: what tokens and stored credentials are encrypted with."""
    os.makedirs(f'{directory}/{name}', exist_ok=True)
    for number in range(count):
        path = f'{directory}/{name}/{number}'
        if not os.path.exists(path):
            with open(path, 'wb') as file:
                file.write(base64.urlsafe_b64encode(os.urandom(32)))


make_keys('tokens', 2)
make_keys('credentials', 2)
database = f'{directory}/keystone.db'
is_fresh = not os.path.exists(database)
# Without a write-ahead log a second writer fails with "database is locked".
sqlite3.connect(database).execute('PRAGMA journal_mode=wal')
with open(f'{directory}/keystone.conf', 'w') as file:
    # The cache makes a request cost 10 ms instead of half a second. memory_pickle, because `memory` gives out references.
    file.write(f"""
[DEFAULT]
use_stderr = true
default_log_levels = keystone=ERROR,keystone.server.flask.application=CRITICAL,alembic=WARNING,oslo_policy=ERROR,py.warnings=ERROR
[database]
connection = sqlite:///{database}
[fernet_tokens]
key_repository = {directory}/tokens
[fernet_receipts]
key_repository = {directory}/tokens
[credential]
key_repository = {directory}/credentials
[cache]
enabled = true
backend = dogpile.cache.memory_pickle
[identity]
password_hash_rounds = 4
[token]
expiration = {os.environ.get('TOKEN_SECONDS', '3600')}
""")
os.environ['OS_KEYSTONE_CONFIG_FILES'] = f'{directory}/keystone.conf'

from keystone.server.wsgi import initialize_public_application  # noqa: E402, it reads the configuration

application = initialize_public_application()


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 512


class Handler(simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        """One line for each request, to standard output: the tests count them."""
        print(json.dumps({'request': self.requestline}), flush=True)

    def address_string(self):
        return self.client_address[0]


server = simple_server.make_server('127.0.0.1', port, application, Server, Handler)
url = f'http://127.0.0.1:{server.server_port}/v3'
if is_fresh:
    from keystone.cmd import bootstrap
    from keystone.common.sql import upgrades

    upgrades.offline_sync_database_to_version()
    bootstrap.backends.load_backends = lambda: None  # the application has loaded them
    first = bootstrap.Bootstrapper()
    first.admin_username = first.project_name = first.admin_role_name = 'admin'
    first.admin_password = 'admin-password'
    first.service_name = 'keystone'
    first.immutable_roles = True
    # The catalog, without which the openstack command finds no Keystone.
    first.region_id = 'RegionOne'
    first.public_url = url
    first.bootstrap()

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print(json.dumps({'url': url}), flush=True)
server.serve_forever()
