const mebibyte = 1024 * 1024;

/**
 * 8 MiB ×1250, 64 MiB ×750, 256 MiB ×8000: 2 TiB in the 10,000 parts that S3 allows, and the same memory for all up to 10 GB. Larger
 * parts at the beginning were no faster, and two streams at once took 32 MiB more.
 */
const steps = [
  { parts: 1250, bytes: 8 * mebibyte },
  { parts: 2000, bytes: 64 * mebibyte },
  { parts: 10_000, bytes: 256 * mebibyte },
];

/** Most bytes that parts of one object hold in memory, but for a part that is larger alone. */
const memoryBytes = 128 * mebibyte;

/**
 * How large the part with this number, from 1 on, is: small while an object is small, so that memory is; undefined when S3 takes no
 * more parts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export function partBytes(number: number): number | undefined {
  return steps.find(({ parts }) => number <= parts)?.bytes;
}

/** How many parts of this size may be on their way at once. */
export function partsInFlight(bytes: number): number {
  return Math.max(1, Math.min(2, Math.floor(memoryBytes / bytes)));
}
