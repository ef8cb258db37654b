/** The value of an option in pgbackrest.conf: of the stanza's own section, or else of all. https://pgbackrest.org/configuration.html */
export function readOption(text: string, stanza: string, option: string): string | undefined {
  const found = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    const named = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    if (named !== undefined) section = named;
    const [, key, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === option && value !== undefined) found.set(section, value);
  }
  return found.get(stanza) ?? found.get('global');
}
