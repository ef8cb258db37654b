import { RunbookError } from '../../../core/errors.js';

// What libpq reads a URI's parameters from, where they do not go by the command line:
// https://www.postgresql.org/docs/current/libpq-envars.html
const variables: Record<string, string> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  channel_binding: 'PGCHANNELBINDING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
};

/**
 * A connection's URI as the environment of PostgreSQL's programs: a command line is seen by everybody on a machine.
 * @throws RunbookError InvalidSettings, which quotes nothing of it.
 */
export function connectionEnvironment(file: string, uri: string): NodeJS.ProcessEnv {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    throw invalid(file, 'something else');
  }
  if (!/^postgres(ql)?:$/.test(url.protocol)) throw invalid(file, `a URI of ${url.protocol}`);
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of url.searchParams) {
    const variable = name === 'host' ? 'PGHOST' : variables[name];
    if (variable === undefined)
      throw invalid(file, `the parameter ${name}; known are ${Object.keys(variables).join(', ')}`);
    environment[variable] = value;
  }
  if (url.hostname !== '') environment['PGHOST'] = url.hostname.replace(/^\[|\]$/g, '');
  if (url.port !== '') environment['PGPORT'] = url.port;
  if (url.username !== '') environment['PGUSER'] = decodeURIComponent(url.username);
  if (url.password !== '') environment['PGPASSWORD'] = decodeURIComponent(url.password);
  return environment;
}

function invalid(file: string, found: string): RunbookError {
  return new RunbookError(
    'InvalidSettings',
    `token file ${file}: expected postgres://user:password@host:port, found ${found}`,
  );
}
