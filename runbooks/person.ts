/** A person as ids, stores and search attributes name them: no blanks, quotes or slashes. */
export const personPattern = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,62}$/u;
