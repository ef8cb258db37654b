import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseExposition } from '../../systems/exposition.js';

const parse = (page: string, ...names: string[]) =>
  parseExposition(page, names.length > 0 ? names : ['requests_total']);

describe('a page of metrics', () => {
  test('gives the samples of the wanted names alone, though others begin alike', () => {
    const page = [
      '# HELP requests_total All "requests" so far.',
      '# TYPE requests_total counter',
      'requests_total{code="200"} 7',
      'requests_total_by_shop 9',
      'requests 3',
      'requests_total 2',
      '',
      'no sample at all',
    ].join('\r\n');

    expect(parse(page)).toEqual([
      { name: 'requests_total', labels: { code: '200' }, value: 7 },
      { name: 'requests_total', labels: {}, value: 2 },
    ]);
  });

  test.each<[string, string, Record<string, string>, number]>([
    ['escapes', String.raw`requests_total{path="a\"b\\c\nd"} 1`, { path: 'a"b\\c\nd' }, 1],
    [
      'braces, commas and signs in a value',
      'requests_total{path="/{id},x=\\"y\\" # 5"} 1',
      { path: '/{id},x="y" # 5' },
      1,
    ],
    ['a comma at the end and spaces', 'requests_total { a = "1" , b="2", }  3', { a: '1', b: '2' }, 3],
    ['an empty value', 'requests_total{code=""} 4', { code: '' }, 4],
    ['a timestamp', 'requests_total{code="200"} 5 1395066363000', { code: '200' }, 5],
    ['a negative timestamp', 'requests_total 5 -3982045', {}, 5],
    ['a timestamp of OpenMetrics', 'requests_total 5 1520879607.789', {}, 5],
    [
      'an exemplar, whose braces are its own',
      'requests_total{code="200"} 5 # {trace_id="KOO5S4vxi0o"} 0.67',
      { code: '200' },
      5,
    ],
    ['an exponent', 'requests_total 1.5e3', {}, 1500],
    ['the last bucket', 'requests_total{le="+Inf"} 144320', { le: '+Inf' }, 144_320],
  ])('reads %s', (_, line, labels, value) => {
    expect(parse(line)).toEqual([{ name: 'requests_total', labels, value }]);
  });

  test.each(['NaN', '+Inf', '-Inf', 'Inf', 'many'])(
    'passes over the value %s: nothing can be counted by it',
    (value) => {
      expect(parse(`requests_total ${value}\nrequests_total{code="200"} 1`)).toHaveLength(1);
    },
  );

  test('gives back any label values that were written by the rules', () => {
    const escape = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    const values = fc.string({ unit: 'grapheme' }).filter((text) => !/\r|\u2028|\u2029/.test(text));
    fc.assert(
      fc.property(values, values, fc.nat(), (path, code, value) => {
        const page = `requests_total{path="${escape(path)}",code="${escape(code)}"} ${value} # {id="1"} 2`;

        expect(parse(page)).toEqual([{ name: 'requests_total', labels: { path, code }, value }]);
      }),
    );
  });
});
