/** A name in braces, in whose place a value is put: as {user}. */
export const placeholder = /\{(\w+)\}/g;
