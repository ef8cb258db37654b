import { formatBytes } from '../../../core/bytes.js';
import type { ByteProgress } from '../../../core/record.js';
import type { Look } from '../look.js';
import { pad, widthOf } from './text.js';
import { formatTime } from './times.js';

const longestBar = 30;
const shortestBar = 10;

/** A number of bytes as people say it in their language: "1.2 GB". */
function formatSize(bytes: number, { words }: Look): string {
  const [value = '', unit = ''] = formatBytes(Math.round(bytes)).split(' ');
  return `${value} ${words.bytes.units[unit as keyof typeof words.bytes.units]}`;
}

/** Nobody wants tenths of it. */
function formatLeft(seconds: number, look: Look): string {
  return seconds < 9.5 ? `${Math.max(1, Math.round(seconds))} ${look.words.units.s}` : formatTime(seconds, look);
}

/** "412 MB of 1.07 GB", "104 MB/s", "6 s left": each as wide as it may become, so that nothing moves. */
function describe({ bytes, totalBytes, bytesPerSecond }: ByteProgress, look: Look): string {
  const { words } = look;
  const size = formatSize(bytes, look);
  const parts = [totalBytes === undefined ? size : words.bytes.of(pad(size, 7, 'left'), formatSize(totalBytes, look))];
  if (bytesPerSecond !== undefined) {
    parts.push(pad(words.bytes.perSecond(formatSize(bytesPerSecond, look)), 9, 'left'));
    const leftBytes = (totalBytes ?? Infinity) - bytes;
    const leftSeconds = leftBytes / bytesPerSecond;
    // At its very end a step does what is not counted in bytes: indexes, the last answers.
    if (Number.isFinite(leftSeconds) && leftBytes > bytes / 200)
      parts.push(words.bytes.left(formatLeft(leftSeconds, look)));
  }
  return parts.join('  ');
}

/** How far a step is in bytes: a bar where the whole is known, how fast it goes, and how long it will take at that rate. */
export function renderBytes(told: ByteProgress, look: Look, width: number): string {
  const { bytes } = told;
  if (told.totalBytes === undefined) return look.colours.cyan(describe(told, look));
  // The whole is an estimate: it may turn out to be more.
  const totalBytes = Math.max(told.totalBytes, bytes, 1);
  const text = describe({ ...told, totalBytes }, look);
  const share = bytes / totalBytes;
  const percent = pad(`${Math.floor(share * 100)} %`, 5, 'left');
  const free = width - widthOf(text) - widthOf(percent) - 3;
  // In fives: a text that is now a sign shorter must not move the bar's end.
  const room = Math.min(longestBar, free - (free % 5));
  const rest = `${percent}  ${text}`;
  if (room < shortestBar) return rest;
  const full = Math.floor(share * room);
  return `${look.colours.cyan('█'.repeat(full))}${look.colours.dim('░'.repeat(room - full))} ${rest}`;
}
