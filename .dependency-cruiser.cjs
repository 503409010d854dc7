// Who may import whom, as an allow-list. `npm run imports` fails on any other import and on any circle of files,
// including circles of types.

/** What caller, server and mock share of the contract. */
const contract = ['generated/', 'openapi/names.ts'];

/**
 * Each row: a part of the tree, and what it may import besides itself. A file belongs to the first row that matches its
 * path. All paths are prefixes, as regular expressions.
 */
const rows = [
  ['generated/', []],
  ['openapi/', ['generated/']],
  ['signature/', []],
  ['client/', [...contract, 'signature/']],

  // The port depends on nothing.
  ['server/store.ts', []],
  // Stores know images and tags, never requests and statuses.
  ['server/stores/', ['server/store.ts', 'server/process/']],
  ['server/process/', []],
  // HTTP as the contract wants it. It knows no images.
  ['server/http/', [...contract, 'signature/', 'server/process/']],
  ['server/limits/', [...contract, 'server/http/']],
  ['server/operations/', [...contract, 'server/(http|limits|process)/', 'server/store.ts']],
  // The settings of a registry are checked before its store is opened.
  [
    'server/operator/',
    [
      ...contract,
      'server/(http|process)/',
      'server/store.ts',
      'server/stores/registry/(options|api/access/auth-file).ts',
    ],
  ],
  ['server/app.ts', [...contract, 'server/(http|limits|operations|operator|process)/', 'server/store.ts']],
  // What is left are the commands and open-store, which picks a store.
  ['server/', contract],

  // The mock shares how requests arrive and how replies look. What a reply says comes from Prism.
  ['mock/', [...contract, 'server/(http|process)/']],
  // The verifier judges any provider, so it knows the contract alone. What is wrong with a file it says as the server does.
  ['verify/', ['generated/', 'signature/', 'server/process/input/']],
  ['bench/', [...contract, '(signature|client|server|mock|verify)/']],
];

const path = (prefix) => `^${prefix.replace('.ts', '\\.ts$')}`;

const rowRules = rows.map(([from, to], position) => ({
  name: `imports of ${from}`,
  severity: 'error',
  from: { path: path(from), pathNot: rows.slice(0, position).map(([earlier]) => path(earlier)) },
  to: { path: '^[^/]+/', pathNot: [path(from), ...to.map(path), '(^|/)node_modules/'], dependencyTypesNot: ['core'] },
}));

module.exports = {
  forbidden: [
    ...rowRules,
    { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'swr-tag-delete.ts alone imports the commands',
      severity: 'error',
      from: { pathNot: '^swr-tag-delete\\.ts$' },
      to: {
        path: [
          '^swr-tag-delete\\.ts$',
          '^server/[^/]+-command\\.ts$',
          '^(client/command|mock|verify/provider|verify/consumer|verify/faulty-providers)/command\\.ts$',
          '^bench/(main|soak)\\.ts$',
        ],
      },
    },
    {
      name: 'stores and handlers know no HTTP library',
      severity: 'error',
      from: { path: '^server/(stores|operations)/', pathNot: '^server/operations/(dispatch|checked-reply)\\.ts$' },
      to: { path: '(^|/)node_modules/express/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: '(^|/)node_modules/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
