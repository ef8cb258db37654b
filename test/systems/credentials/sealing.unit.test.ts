import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { labelOf, seal } from '../../../systems/credentials/stores/sealing.js';
import { makeSealingKey, unseal } from '../../support/sealing-controller.js';

const { key, certificate: text } = makeSealingKey();
const certificate = new X509Certificate(text);

test('a sealed value opens under its name only, and no two are the same', () => {
  const [one, other] = [seal(certificate, 'shop/shop-db', 'secret'), seal(certificate, 'shop/shop-db', 'secret')];

  expect(unseal(key, 'shop/shop-db', one)).toBe('secret');
  expect(unseal(key, 'shop/shop-db', other)).toBe('secret');
  expect(one).not.toBe(other);
  expect(() => unseal(key, 'other/shop-db', one)).toThrow();
});

test.each([
  [undefined, 'shop/shop-db'],
  [{ 'sealedsecrets.bitnami.com/namespace-wide': 'true' }, 'shop'],
  [{ 'sealedsecrets.bitnami.com/cluster-wide': 'true' }, ''],
])('with the annotations %o it is bound to "%s"', (annotations, label) => {
  expect(labelOf({ namespace: 'shop', name: 'shop-db', ...(annotations && { annotations }) })).toBe(label);
});
