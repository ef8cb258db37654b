// @ts-check
import { Failure, reasonOf } from './failure.mjs';
import { openPlatform } from './platform.mjs';
import { runAndFollow } from './run.mjs';

/** @type {(message: string) => void} */
let complain = (message) => void process.stderr.write(`${message}\n`);

try {
  const platform = openPlatform(process.env);
  ({ complain } = platform);
  process.exitCode = await runAndFollow(platform);
} catch (error) {
  complain(reasonOf(error));
  process.exitCode = error instanceof Failure ? error.exitCode : 1;
}
