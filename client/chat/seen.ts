/** Remembers for a while what has been seen: the same once more is a replay. */
export class Seen {
  private readonly at = new Map<string, number>();

  constructor(private readonly keepMs: number) {}

  /** Whether this is the first time. */
  isFirst(what: string, nowMs = Date.now()): boolean {
    for (const [old, seenMs] of this.at) {
      // In the order in which they came.
      if (nowMs - seenMs <= this.keepMs) break;
      this.at.delete(old);
    }
    if (this.at.has(what)) return false;
    this.at.set(what, nowMs);
    return true;
  }
}
