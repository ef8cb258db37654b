import type { SecretValue } from './secret-value.js';

/** Under which keys a credential stands in a store. */
export interface StoredKeys {
  user: string;
  password: string;
  /** What else belongs to a version. */
  beside?: readonly string[];
  /** Names a version by its value, where the store keeps no name. */
  identify?: (value: SecretValue) => SecretValue;
}

/** Reads a version; undefined where there is none. */
export function valueOf(keys: StoredKeys, read: (key: string) => string | undefined): SecretValue | undefined {
  const password = read(keys.password);
  if (password === undefined) return undefined;
  const beside = (keys.beside ?? []).flatMap((key) => {
    const text = read(key);
    return text === undefined ? [] : [[key, text] as const];
  });
  const rest = { password, ...(beside.length > 0 && { beside: Object.fromEntries(beside) }) };
  const user = read(keys.user);
  if (user !== undefined) return { user, ...rest };
  return keys.identify?.({ user: '', ...rest }) ?? { user: '', ...rest };
}

/** What a store holds of a version, by key. */
export function fieldsOf(keys: StoredKeys, { user, password, beside }: SecretValue): Record<string, string> {
  return { [keys.user]: user, [keys.password]: password, ...beside };
}
