import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { RunbookError } from '../../../core/errors.js';

/** A file of the console, as it is sent. */
export interface ConsoleFile {
  type: string;
  plain: Buffer;
  gzipped: Buffer;
}

/** Everything that a browser is given of the console. */
export interface ConsoleFiles {
  /** Another one as soon as any of the files is another one: it stands in their addresses, so that they may be kept for ever. */
  version: string;
  /** By their paths from the root of what was compiled. */
  files: ReadonlyMap<string, ConsoleFile>;
  /** The first one begins; it imports the others. */
  scripts: string[];
  styles: string[];
}

const entry = 'client/console/main.js';
const styleFolder = 'client/console/style';

/** Modules are looked for beside this one; a test runs the server from source, and the browser what was compiled of it. */
function findRoot(): string {
  const here = fileURLToPath(new URL('../../../', import.meta.url));
  const root = [here, join(here, 'dist')].find((each) => existsSync(join(each, entry)));
  if (root !== undefined) return root;
  throw new RunbookError('InvalidSettings', `the console: expected ${entry} in ${here}, found none; npm run build`);
}

const imports = /^(?:import|export)\b[^'"]*['"](\.{1,2}\/[^'"]+)['"]/gm;

/** A module and all that it reaches by imports: nothing else of ours is given to browsers. */
async function readScripts(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const wanted = [entry];
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    if (found.has(path)) continue;
    const text = await readFile(join(root, path), 'utf8');
    found.set(path, text.replace(/^\/\/# sourceMappingURL=.*$/m, ''));
    for (const [, imported = ''] of text.matchAll(imports)) wanted.push(posix.join(dirname(path), imported));
  }
  return found;
}

async function readStyles(root: string): Promise<Map<string, string>> {
  const folder = join(root, styleFolder);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.css')).sort();
  const texts = names.map(async (name): Promise<[string, string]> => [
    relative(root, join(folder, name)).split(sep).join('/'),
    await readFile(join(folder, name), 'utf8'),
  ]);
  return new Map(await Promise.all(texts));
}

function fileOf(type: string, text: string): ConsoleFile {
  const plain = Buffer.from(text);
  return { type: `${type}; charset=utf-8`, plain, gzipped: gzipSync(plain) };
}

async function readFiles(): Promise<ConsoleFiles> {
  const root = findRoot();
  const [scripts, styles] = await Promise.all([readScripts(root), readStyles(root)]);
  const version = createHash('sha256')
    .update(JSON.stringify([...scripts, ...styles]))
    .digest('hex')
    .slice(0, 16);
  const files = new Map([
    ...[...scripts].map(([path, text]) => [path, fileOf('text/javascript', text)] as const),
    ...[...styles].map(([path, text]) => [path, fileOf('text/css', text)] as const),
  ]);
  return { version, files, scripts: [...scripts.keys()], styles: [...styles.keys()] };
}

let known: Promise<ConsoleFiles> | undefined;

/**
 * The console as the build has left it: read once, by the first who asks for it.
 * @throws RunbookError InvalidSettings where it was not built.
 */
export function readConsole(): Promise<ConsoleFiles> {
  known ??= readFiles();
  return known;
}
