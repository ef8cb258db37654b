import { expect } from '@jest/globals';
import { parseRunbook } from '../../runbooks/index.js';
import { InvalidRunbook } from '../../runbooks/problems.js';

/** The smallest deploy there is, as an operator writes it. */
export const deploy = `kind: deploy
service: web
environment: dev
target:
  namespace: shop
  deployment: web
image: registry.local/shop/web:1.5.0
`;

/** What an operator reads about a file that is invalid, line by line. */
export function problemsOf(parse: () => unknown): string[] {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRunbook);
    expect(error).toMatchObject({ code: 'InvalidRunbook' });
    return (error as InvalidRunbook).message.split('\n');
  }
  throw new Error('expected an invalid runbook');
}

export const problems = (text: string, values?: ReadonlyMap<string, string>) =>
  problemsOf(() => parseRunbook(text, 'web.yaml', values));
