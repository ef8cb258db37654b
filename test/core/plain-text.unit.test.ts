import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plainText } from '../../core/plain-text.js';

test('whatever comes in is one line of at most so many characters that can be seen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 1, max: 80 }), (text, most) => {
      const plain = plainText(text, most);
      expect(Array.from(plain).length).toBeLessThanOrEqual(most);
      expect(plain).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(plain).toBe(plain.trim());
    }),
  );
});

test('what has room stays as it is', () => {
  expect(plainText('образ shop/web 🚀: <1.5.0> & *more*', 80)).toBe('образ shop/web 🚀: <1.5.0> & *more*');
  expect(plainText('line one\r\n\tline two', 80)).toBe('line one line two');
  expect(plainText('🚀🚀🚀', 2)).toBe('🚀…');
});

test('a secret is taken out before the text is cut, so that no half of it is left', () => {
  expect(plainText(`before password=PLANTED-0123456789 ${'x'.repeat(50)}`, 25)).toBe('before password=••• xxxx…');
});

test('text that runs the other way cannot make two versions change places', () => {
  expect(plainText('1.5.0 \u202e0.6.1\u202c', 80)).toBe('1.5.0 0.6.1');
});
