/**
 * A read that many ask for at once: it is made once, and its answer holds for so many milliseconds. A failure is told to those who
 * were waiting, and kept for nobody else.
 */
export function sharedRead<Answer>(holdsMs: number, read: () => Promise<Answer>): () => Promise<Answer> {
  let known: { answer: Promise<Answer>; until: number } | undefined;
  return async () => {
    if (known && known.until > Date.now()) return known.answer;
    const entry = { answer: read(), until: Number.POSITIVE_INFINITY };
    known = entry;
    try {
      return await entry.answer;
    } catch (error) {
      if (known === entry) known = undefined;
      throw error;
    } finally {
      entry.until = Date.now() + holdsMs;
    }
  };
}

/** The same by a key; what has not been asked for lately is forgotten. */
export function sharedReads<Answer>(
  { holdsMs, most }: { holdsMs: number; most: number },
  read: (key: string) => Promise<Answer>,
): (key: string) => Promise<Answer> {
  const known = new Map<string, () => Promise<Answer>>();
  return async (key) => {
    const shared = known.get(key) ?? sharedRead(holdsMs, () => read(key));
    // The one that was asked for last stands last: the first is the one to forget.
    known.delete(key);
    known.set(key, shared);
    if (known.size > most) for (const oldest of known.keys()) if (known.size > most) known.delete(oldest);
    return shared();
  };
}
