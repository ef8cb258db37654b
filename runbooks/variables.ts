/** A ${NAME} that no value was given for. */
export interface MissingVariable {
  name: string;
  offset: number;
}

const reference = /\$\$|\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces ${NAME} and ${NAME:-default} in one scalar; $$ stands for a dollar sign.
 * Scalars are replaced after parsing, so a value can never add YAML structure.
 */
export function expandVariables(
  text: string,
  values: ReadonlyMap<string, string>,
): { text: string; missing: MissingVariable[] } {
  const missing: MissingVariable[] = [];
  const expanded = text.replace(
    reference,
    (whole, name: string | undefined, fallback: string | undefined, offset: number) => {
      if (name === undefined) return '$';
      const value = values.get(name) ?? fallback;
      if (value === undefined) missing.push({ name, offset });
      return value ?? whole;
    },
  );
  return { text: expanded, missing };
}
