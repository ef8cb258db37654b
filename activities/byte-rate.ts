const memoryMs = 8000;

/**
 * Bytes a second, by the last seconds more than by those before: it neither jumps with each look nor clings to what has been.
 * The first look only says where it begins, for what an earlier worker has sent is told at once.
 */
export function createByteRate(): (bytes: number, atMs: number) => number | undefined {
  let last: { bytes: number; atMs: number } | undefined;
  let rate: number | undefined;
  return (bytes, atMs) => {
    const before = last;
    last = { bytes, atMs };
    if (!before || atMs <= before.atMs) return rate;
    const passedMs = atMs - before.atMs;
    const now = ((bytes - before.bytes) / passedMs) * 1000;
    const weight = rate === undefined ? 1 : 1 - Math.exp(-passedMs / memoryMs);
    rate = Math.max(0, (rate ?? 0) * (1 - weight) + now * weight);
    return rate;
  };
}
