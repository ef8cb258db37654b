import { expect, test } from '@jest/globals';
import { describeNetwork, rangesOverlap, slotCount } from '../../stack/cluster/network.js';
import { chooseNetwork } from '../../stack/cluster/slots.js';

const slots = Array.from({ length: slotCount }, (_, slot) => describeNetwork(slot, 'a-name-that-is-thirty-letters-l'));

test('the ranges of all slots are apart from each other', () => {
  const ranges = slots.flatMap((network) => [network.nodeRange, network.podRange, network.serviceRange]);
  const overlapping = ranges.filter((left, index) =>
    ranges.slice(index + 1).some((right) => rangesOverlap(left, right)),
  );

  expect(overlapping).toEqual([]);
});

test('an interface name fits the kernel', () => {
  expect(slots.filter((network) => network.link.length > 15)).toEqual([]);
});

test('two stacks get two networks, and the same stack gets its own again', () => {
  const first = chooseNetwork('one', '/stacks/one', new Map(), []);
  const owners = new Map([[first.slot, '/stacks/one']]);

  expect(chooseNetwork('two', '/stacks/two', owners, []).slot).toBe(1);
  expect(chooseNetwork('one', '/stacks/one', owners, []).slot).toBe(0);
});

test('a slot whose addresses the machine uses is passed over', () => {
  expect(chooseNetwork('one', '/stacks/one', new Map(), ['10.244.0.0/24', '10.200.1.7']).slot).toBe(2);
});

test('with no slot left the error names who holds them and what to do', () => {
  const owners = new Map(slots.map((network) => [network.slot, `/stacks/${network.slot}`]));

  expect(() => chooseNetwork('one', '/stacks/one', owners, [])).toThrow(
    /16 are held \(\/stacks\/0, .*stop a stack, or set KUBECONFIG/,
  );
});

test.each([
  ['10.0.0.0/8', '10.96.16.0/20', true],
  ['10.96.0.0/20', '10.96.16.0/20', false],
  ['10.200.0.1', '10.200.0.0/24', true],
  ['192.168.0.0/16', '10.0.0.0/8', false],
])('%s and %s overlap: %s', (left, right, expected) => {
  expect(rangesOverlap(left, right)).toBe(expected);
});
