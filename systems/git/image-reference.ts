/** "registry:5000/shop/web:1.5.0" is the repository "registry:5000/shop/web" and the version "1.5.0"; a digest counts for more. */
function partsOf(image: string): { repository: string; version: string; digest: boolean } {
  const [tagged = '', digest] = image.split('@');
  const colon = tagged.lastIndexOf(':');
  const hasTag = colon > tagged.lastIndexOf('/');
  const repository = hasTag ? tagged.slice(0, colon) : tagged;
  if (digest !== undefined) return { repository, version: digest, digest: true };
  return { repository, version: hasTag ? tagged.slice(colon + 1) : '', digest: false };
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The image written out, not as a part of a longer reference such as web:1.5.0-rc1 or mirror/web:1.5.0. */
function whole(image: string): RegExp {
  return new RegExp(`(?<![\\w./:@-])${escape(image)}(?![\\w.@-])`, 'g');
}

/** A line of values that gives only the version, as Helm ("tag:") and Kustomize ("newTag:", "digest:") have it. */
function versionLine(version: string): RegExp {
  return new RegExp(
    `^([ \\t]*(?:- )?["']?(?:tag|newTag|imageTag|digest)["']?[ \\t]*:[ \\t]*)(["']?)${escape(version)}\\2(?=[ \\t]*(?:,|#|$|\\r))`,
    'gm',
  );
}

function namesRepository(text: string, repository: string): boolean {
  return new RegExp(`(?<![\\w./-])${escape(repository)}(?![\\w./-])`).test(text);
}

/** Whether a manifest or values file names the image, written out or as repository and version. */
export function namesImage(text: string, image: string): boolean {
  if (whole(image).test(text)) return true;
  const { repository, version } = partsOf(image);
  return namesRepository(text, repository) && versionLine(version).test(text);
}

/** What to look for in a history: it stands in the file in both ways of writing. */
export function searchedText(image: string): string {
  return partsOf(image).version;
}

/**
 * The text with one image for the other and every other byte as it was; undefined where it is not clear what to replace: the
 * image is not named, or several lines give its version and they may be those of other images.
 */
export function replaceImage(text: string, from: string, to: string): string | undefined {
  if (whole(from).test(text)) return text.replace(whole(from), () => to);
  const [old, wanted] = [partsOf(from), partsOf(to)];
  if (old.repository !== wanted.repository || old.digest !== wanted.digest) return undefined;
  if (!namesRepository(text, old.repository)) return undefined;
  if ([...text.matchAll(versionLine(old.version))].length !== 1) return undefined;
  return text.replace(
    versionLine(old.version),
    (_, key: string, quote: string) => `${key}${quote}${wanted.version}${quote}`,
  );
}
