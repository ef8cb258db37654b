import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { fastify, type FastifyBaseLogger } from 'fastify';
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

export interface ApiOptions extends ApiParts {
  logger: FastifyBaseLogger;
  /** Most requests that one person, or one address without a login, may send in a minute. */
  requestsPerMinute: number;
}

/** The HTTP API, not listening yet. */
export async function buildApi(options: ApiOptions): Promise<Api> {
  const { logger, requestsPerMinute, ...parts } = options;
  const api: Api = fastify({
    loggerInstance: logger,
    disableRequestLogging: true,
    bodyLimit: largestBodyBytes,
    // A client that sends its request byte by byte holds a connection no longer than this.
    requestTimeout: 20_000,
    connectionTimeout: 0,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  }).withTypeProvider<ZodTypeProvider>();
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  api.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) request.log.error({ err: error, url: request.routeOptions.url }, 'request failed');
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer error="invalid_token"');
    return reply.status(problem.status).type(problemType).serializer(JSON.stringify).send(problem);
  });
  api.setNotFoundHandler((_, reply) => {
    const problem = problemOf({ statusCode: 404, message: 'there is nothing here; see /openapi.json' });
    return reply.status(404).type(problemType).send(problem);
  });
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
