/** One entry of an archive; the owner is root and the time is the epoch, so that equal content gives equal bytes. */
export interface TarEntry {
  path: string;
  mode: number;
  kind: 'file' | 'link' | 'directory';
  /** The content of a file, or where a link leads. */
  content: Buffer;
}

const blockBytes = 512;
const typeFlags = { file: '0', link: '2', directory: '5' } as const;

/** Writes a ustar archive. */
export function writeTar(entries: TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const data = entry.kind === 'file' ? entry.content : Buffer.alloc(0);
    return [
      writeHeader(entry, data.length),
      data,
      Buffer.alloc((blockBytes - (data.length % blockBytes)) % blockBytes),
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function writeHeader(entry: TarEntry, sizeBytes: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const [prefix, name] = splitPath(entry.path);
  const link = entry.kind === 'link' ? entry.content.toString() : '';
  if (Buffer.byteLength(link) > 100)
    throw new Error(`${entry.path}: a link of more than 100 bytes does not fit a ustar archive`);
  header.write(name, 0);
  header.write(octal(entry.mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(sizeBytes, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(typeFlags[entry.kind], 156);
  header.write(link, 157);
  header.write('ustar\u000000', 257);
  header.write(prefix, 345);
  // The checksum counts its own field as spaces, so it is written last.
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

// ustar has 100 bytes for the name and 155 for the directory before it.
function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  const slash = path.indexOf('/', path.length - 101);
  const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
  if (slash < 1 || Buffer.byteLength(prefix) > 155) throw new Error(`${path}: too long for a ustar archive`);
  return [prefix, name];
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
