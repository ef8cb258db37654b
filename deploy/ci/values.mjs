// @ts-check
import { Failure } from './failure.mjs';

/**
 * NAME=VALUE texts as an object. @param {readonly string[]} texts @returns {Record<string, string>}
 */
export function readValues(texts) {
  const pairs = texts.map((text) => {
    const [, name, value] = /^\s*([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new Failure(`values: expected NAME=VALUE, found "${text.slice(0, 80)}"`, 2);
    return /** @type {const} */ ([name, value]);
  });
  const twice = pairs.find(([name], index) => pairs.findIndex(([other]) => other === name) !== index);
  if (twice) throw new Failure(`values: expected each name once, found ${twice[0]} twice`, 2);
  return Object.fromEntries(pairs);
}
