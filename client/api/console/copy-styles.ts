import { cp } from 'node:fs/promises';

// Part of the build: the compiler leaves style sheets where they are.
const compiled = new URL('../../console/style/', import.meta.url);
const written = new URL('../../../../client/console/style/', import.meta.url);
await cp(written, compiled, { recursive: true });
