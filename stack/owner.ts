/** The user that a server runs as; empty: whoever starts it. */
export interface Owner {
  uid?: number;
  gid?: number;
}
