import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folders = ['core', 'policies', 'runbooks', 'systems', 'activities', 'workflows', 'workers', 'client'];

/** One file that breaks the rule, and the rule that must say so. */
const planted: Array<[rule: string, file: string, text: string]> = [
  ['core-imports', 'core/planted.ts', "export { decide } from '../policies/approval.js';"],
  ['policies-imports', 'policies/planted.ts', "export { getUrl } from '../systems/http.js';"],
  ['runbooks-imports', 'runbooks/planted.ts', "export { decide } from '../policies/approval.js';"],
  ['systems-imports', 'systems/planted.ts', "export { Deploy } from '../runbooks/deploy.js';"],
  ['activities-imports', 'activities/planted.ts', "export { describeRun } from '../workflows/details.js';"],
  ['workflows-imports', 'workflows/planted.ts', "export { findFault } from '../activities/smoke.js';"],
  ['workers-imports', 'workers/planted.ts', "export { exitCodeOf } from '../client/exit-code.js';"],
  ['client-imports', 'client/planted.ts', "export { getUrl } from '../systems/http.js';"],
  [
    'workflow-bundle-is-pure',
    'workflows/planted-node.ts',
    "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;",
  ],
  ['workflow-bundle-is-pure', 'workflows/planted-zod.ts', "import { z } from 'zod';\nexport const text = z.string();"],
  ['workflow-bundle-is-pure', 'workflows/planted-zones.ts', "export { frozenAt } from '../policies/freeze.js';"],
  ['workflow-bundle-is-pure', 'workflows/planted-detour.ts', "export { text } from '../policies/planted-zod.js';"],
  ['console-runs-in-browsers', 'client/console/planted.ts', "export { exitCodeOf } from '../exit-code.js';"],
  [
    'console-runs-in-browsers',
    'client/console/planted-node.ts',
    "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;",
  ],
  [
    'console-runs-in-browsers',
    'client/console/planted-detour.ts',
    "export { hashOfStart } from '../../core/statement.js';",
  ],
  [
    'systems-know-no-temporal',
    'systems/planted-temporal.ts',
    "export { ApplicationFailure } from '@temporalio/common';",
  ],
  [
    'no-circular',
    'core/planted-circle.ts',
    "import { other } from './planted-other.js';\nexport const one = () => other;",
  ],
  ['nobody-imports-test', 'core/planted-test.ts', "export { fake } from '../test/fake.js';"],
];

interface Violation {
  rule: { name: string };
  from: string;
}

/** Checks a tree's folders; answers what it found. */
async function check(directory: string): Promise<Violation[]> {
  const script = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const settings = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const output = await new Promise<string>((resolve, reject) => {
    const options = {
      cwd: directory,
      env: { ...process.env, NODE_OPTIONS: '' },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
    };
    // The exit code counts the violations: a report on stdout is what tells whether the check itself ran.
    execFile(process.execPath, [script, ...settings, ...folders], options, (error, stdout, stderr) => {
      if (stdout.startsWith('{')) resolve(stdout);
      else reject(new Error(`dependency-cruiser: expected a report, found ${stderr || (error?.message ?? stdout)}`));
    });
  });
  return (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
}

async function plantTree(directory: string): Promise<void> {
  for (const folder of folders) await cp(join(root, folder), join(directory, folder), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
    await cp(join(root, file), join(directory, file));
  }
  // A link would be followed out of the tree, where the rule about these does not look for them.
  for (const name of ['zod', 'temporal-polyfill']) {
    await cp(join(root, 'node_modules', name), join(directory, 'node_modules', name), { recursive: true });
  }
  for (const name of ['@temporalio', '@tsconfig', 'typescript']) {
    await symlink(join(root, 'node_modules', name), join(directory, 'node_modules', name));
  }
  const others: typeof planted = [
    ['', 'core/planted-other.ts', "import { one } from './planted-circle.js';\nexport const other = () => one;"],
    ['', 'policies/planted-zod.ts', "import { z } from 'zod';\nexport const text = z.string();"],
    ['', 'test/fake.ts', 'export const fake = 1;'],
    [
      '',
      'workflows/planted-types.ts',
      "import type { Deploy } from '../runbooks/deploy.js';\nexport type Mine = Deploy;",
    ],
  ];
  for (const [, file, text] of [...planted, ...others]) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), `${text}\n`);
  }
}

describe('the import rule', () => {
  let directory: string;
  let found: Violation[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'import-rules-'));
    await plantTree(directory);
    found = await check(directory);
  }, 60_000);

  afterAll(() => rm(directory, { recursive: true }));

  test.each(planted)('%s is broken by %s, and that is found', (rule, file) => {
    expect(found.map((violation) => [violation.rule.name, violation.from])).toContainEqual([rule, file]);
  });

  test('everything else keeps it, types that vanish included', () => {
    const strangers = found.filter(({ from }) => !from.includes('planted') && from !== 'test/fake.ts');

    expect(strangers).toEqual([]);
    expect(found.map(({ from }) => from)).not.toContain('workflows/planted-types.ts');
  });
});
