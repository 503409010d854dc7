// Stands in for an identity service: every token is valid. Its document is of the form and size of Keystone's for a project.
import { createServer } from 'node:http';
import { port } from '../contract.ts';

const domain = { id: 'default', name: 'Default' };
const body = JSON.stringify({
  token: {
    methods: ['password'],
    user: { id: 'a'.repeat(32), name: 'bench', domain, password_expires_at: null },
    audit_ids: ['l5Pi3RhcTSaJE0oJ6q2t4w'],
    expires_at: '2999-01-01T00:00:00.000000Z',
    issued_at: '2026-11-27T00:00:00.000000Z',
    project: { id: 'b'.repeat(32), name: 'bench', domain },
    is_domain: false,
    roles: ['swr_admin', 'member', 'reader'].map((name) => ({ id: 'c'.repeat(32), name })),
  },
});
const headers = {
  'Content-Type': 'application/json',
  'Content-Length': Buffer.byteLength(body),
  'x-openstack-request-id': `req-00000000-0000-0000-0000-${'0'.repeat(12)}`,
};

createServer((_, response) => response.writeHead(200, headers).end(body)).listen(port, '127.0.0.1');
