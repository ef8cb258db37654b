const units: Record<string, number> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

/** As it says of each file, in detail: `backup file /data/base/5/16396 (62.7MB, 64.56%) checksum …`. */
const line = /\b(?:backup|restore) file .*\((?:.*, )?([\d.]+)(B|KB|MB|GB|TB), ([\d.]+)%\)/;

/** Counts the bytes of files that pgBackRest says it has copied; in all, as far as it can be told from its percentage. */
export function countFiles(onProgress: (bytes: number, totalBytes?: number) => void): (said: string) => void {
  let done = 0;
  return (said) => {
    const [, size, unit = '', percent] = line.exec(said) ?? [];
    if (size === undefined) return;
    const bytes = Math.round(Number(size) * (units[unit] ?? 0));
    done += bytes;
    const share = Number(percent) / 100;
    onProgress(bytes, share >= 0.01 ? Math.round(done / share) : undefined);
  };
}
