import { expect, test } from '@jest/globals';
import { chooseNodes, readAskedNodes } from '../../stack/cluster/choose-nodes.js';

const root = { platform: 'linux', user: 0 };
const person = { platform: 'linux', user: 1000 };
const mac = { platform: 'darwin', user: 0 };

test.each([
  ['what is asked for comes first', 'simulated', '/kube', root, 'simulated'],
  ['also where it cannot run, which is then said', 'real', undefined, person, 'real'],
  ['then the cluster that is given', undefined, '/kube', root, 'given'],
  ['then the real node', undefined, undefined, root, 'real'],
  ['a plain user has simulated nodes', undefined, undefined, person, 'simulated'],
  ['and so has another system', undefined, undefined, mac, 'simulated'],
] as const)('%s', (_, asked, kubeconfig, machine, wanted) => {
  const { nodes, why } = chooseNodes(asked, kubeconfig, machine);

  expect(nodes).toBe(wanted);
  expect(why).not.toBe('');
});

test('only two kinds can be asked for', () => {
  expect(readAskedNodes('')).toBeUndefined();
  expect(readAskedNodes('simulated')).toBe('simulated');
  expect(() => readAskedNodes('fake')).toThrow('wanted real or simulated');
});
