// The import rule of ARCHITECTURE.md. tsPreCompilationDeps is off, so `import type` has vanished before the check and
// every rule is about run-time imports.
const ours = '^(core|policies|runbooks|systems|activities|workflows|workers|client|stack|bench|test)/';
const intake = ['systems/credentials', 'systems/kubernetes/connect', 'systems/token-file'];
// Who presses a button in a chat is answered there.
const chat = ['systems/channels'];
const only = (folder, allowed) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: ours, pathNot: `^(${[folder, ...allowed].join('|')})/?` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('core', []),
    only('policies', ['core']),
    only('runbooks', ['core']),
    only('systems', ['core']),
    only('activities', ['systems', 'policies', 'core']),
    only('workflows', ['policies', 'core']),
    only('workers', ['core', 'policies', 'runbooks', 'systems', 'activities', 'workflows']),
    // A person gives a new secret to its store: by way of a worker it would stand in Temporal's history.
    only('client', ['runbooks', 'core', 'policies', 'workflows/messages', ...intake, ...chat]),
    only('stack', ['core', 'client']),
    { name: 'nobody-imports-test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    {
      name: 'workflow-bundle-is-pure',
      comment:
        'Nothing that a workflow reaches may be a Node module, zod or time zones: it is replayed in a sandbox, on other machines.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { reachable: true, path: '^(node:|fs$|crypto$|child_process$|node_modules/(zod|temporal-polyfill)/)' },
    },
    {
      name: 'console-runs-in-browsers',
      comment: 'What the console reaches is sent to browsers: words, plain arithmetic, and nothing of a server.',
      severity: 'error',
      from: { path: '^client/console/' },
      to: {
        reachable: true,
        path: `^(node:|fs$|crypto$|node_modules/)|${ours}`,
        pathNot: '^(client/(console|report|cli/words)|policies|core)/',
      },
    },
    {
      name: 'systems-know-no-temporal',
      severity: 'error',
      from: { path: '^systems/' },
      to: { path: 'node_modules/@temporalio/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/(?!@temporalio|zod|temporal-polyfill))/' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
