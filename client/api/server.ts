import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { fastify, type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { authentication } from './authentication/authenticate.js';
import type { Api, ApiParts } from './parts.js';
import { problemOf, problemType } from './problem.js';
import { routes } from './routes/index.js';
import { guard } from './guard.js';

/** Enough for every request of ours; an alert group of a thousand alerts fits. */
const largestBodyBytes = 1024 * 1024;

/** A client that sends its request byte by byte holds a connection no longer than this. */
const slowestRequestMs = 10_000;

export interface ApiOptions extends ApiParts {
  logger: FastifyBaseLogger;
  /** Most requests that one person, or one address without a login, may send in a minute. */
  requestsPerMinute: number;
}

/** Answers with what went wrong; what was not foreseen is told to the log alone. */
function refuse(error: unknown, { log, routeOptions }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500) log.error({ err: error, url: routeOptions.url }, 'request failed');
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer error="invalid_token"');
  return reply
    .status(problem.status)
    .type(problemType)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem);
}

/** The HTTP API, not listening yet. */
export async function buildApi(options: ApiOptions): Promise<Api> {
  const { logger, requestsPerMinute, ...parts } = options;
  const api: Api = fastify({
    loggerInstance: logger,
    disableRequestLogging: true,
    bodyLimit: largestBodyBytes,
    requestTimeout: slowestRequestMs,
    // The framework sets it once the server is made, and by then Node has read it.
    http: { requestTimeout: slowestRequestMs, headersTimeout: slowestRequestMs, connectionsCheckingInterval: 2000 },
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  }).withTypeProvider<ZodTypeProvider>();
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  api.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  api.setNotFoundHandler((request, reply) =>
    refuse({ statusCode: 404, message: 'there is nothing here; see /openapi.json' }, request, reply),
  );
  // A form of another page may send text without asking first, and nothing here is text.
  api.removeContentTypeParser('text/plain');
  await api.register(cookie);
  guard(api, parts, authentication(parts.readAccess));
  await api.register(rateLimit, {
    hook: 'preHandler',
    max: requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: ({ identity, ip }) => identity?.name ?? ip,
    allowList: ({ url }) => /^\/(livez|readyz)$/.test(url),
  });
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Temporal Runbooks',
        version: '1',
        description: 'Releases, backups, drills and rotations as durable runs',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  routes(api, parts);
  return api;
}
