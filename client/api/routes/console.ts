import { RunbookError } from '../../../core/errors.js';
import { wordsOf } from '../../console/words/index.js';
import { escapeMarkup } from '../../report/escape.js';
import { writeDocument } from '../console/document.js';
import { readConsole } from '../console/files.js';
import { languageOf } from '../console/language.js';
import { pageHeaders } from '../console/page-headers.js';
import type { Api } from '../parts.js';

const open = { config: { open: true }, schema: { hide: true } };

/** The console: one document, open to anybody, and its files. What it shows it asks the API for, as whoever has logged in. */
export function consoleRoutes(api: Api): void {
  void api.register((scope, _, done) => {
    scope.addHook('onSend', pageHeaders('no-cache', 'accept-language, cookie'));
    scope.get('/', open, async (request, reply) => {
      const files = await readConsole();
      const language = languageOf(request);
      const tag = `"${files.version}-${language}"`;
      void reply.header('etag', tag).type('text/html; charset=utf-8');
      if (request.headers['if-none-match'] === tag) return reply.status(304).send();
      const { title, noScript } = wordsOf(language).shell;
      const body = `<noscript><p>${escapeMarkup(noScript)}</p></noscript>`;
      return writeDocument(files, { language, title, body, runs: true });
    });
    done();
  });
  void api.register((scope, _, done) => {
    scope.addHook('onSend', pageHeaders('public, max-age=31536000, immutable', 'accept-encoding'));
    scope.get<{ Params: { version: string; '*': string } }>('/console/:version/*', open, async (request, reply) => {
      const { version, '*': path } = request.params;
      const { version: current, files } = await readConsole();
      const file = version === current ? files.get(path) : undefined;
      if (!file) throw new RunbookError('NotFound', 'there is no such file of the console; load the page again');
      const isGzipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
      if (isGzipped) void reply.header('content-encoding', 'gzip');
      return reply
        .type(file.type)
        .header('etag', `"${version}"`)
        .send(isGzipped ? file.gzipped : file.plain);
    });
    done();
  });
}
