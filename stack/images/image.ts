/** One file of an image: an absolute path of a local file, text, a symbolic link or an empty directory. */
export interface ImageFile {
  /** Absolute path inside the image; the directories above it are made with mode 0755. */
  path: string;
  /** Permission bits, such as 0o755. */
  mode: number;
  source: string | { content: string } | { link: string } | { directory: true };
}

/** A container image that the stack makes from local files and hands to containerd, without a registry. */
export interface ImageSpec {
  /** Name and tag as manifests spell it, such as `registry.local/storefront:1.4.0`. */
  reference: string;
  files: ImageFile[];
  entrypoint: string[];
  /** `NAME=value` pairs; PATH is set already. */
  env?: string[];
  /** `uid:gid`; root when left out. */
  user?: string;
}
