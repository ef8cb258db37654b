import type { JWTPayload } from 'jose';
import { z } from 'zod';
import { RunbookError } from '../../../core/errors.js';
import type { Identity } from '../../../core/access.js';
import type { Access, CiSource, Issuer } from '../../../runbooks/access.js';

/** Numbers may come as such or as text: https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload */
const number = z.union([z.string(), z.number()]).transform(String);
const flag = z.union([z.boolean(), z.enum(['true', 'false'])]).transform((value) => value === true || value === 'true');

const GitLabJob = z.looseObject({
  project_id: number,
  user_id: number,
  ref_protected: flag,
  environment: z.string().optional(),
  environment_protected: flag.optional(),
});

/** https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims */
const GitHubJob = z.looseObject({
  repository_id: number,
  actor_id: number,
  ref_protected: flag,
  environment: z.string().optional(),
});

/** What is asked of every job, whoever runs it. */
interface Job {
  /** The number that never changes: paths are given to others. */
  source: string;
  person: string;
  isProtected: boolean;
  environment?: string | undefined;
}

function readJob(issuer: Issuer, payload: JWTPayload): Job | undefined {
  if (issuer.kind === 'gitlab') {
    const { data } = GitLabJob.safeParse(payload);
    return (
      data && {
        source: data.project_id,
        person: data.user_id,
        isProtected: data.ref_protected,
        environment: data.environment,
      }
    );
  }
  const { data } = GitHubJob.safeParse(payload);
  return (
    data && {
      source: data.repository_id,
      person: data.actor_id,
      isProtected: data.ref_protected,
      environment: data.environment,
    }
  );
}

/**
 * Who a CI job acts for: the person who has started it, so that four eyes hold against them.
 * @throws RunbookError Unauthenticated with what is wrong with the job.
 */
export function identifyJob(
  { people }: Access,
  name: string,
  issuer: Exclude<Issuer, { kind: 'people' }>,
  payload: JWTPayload,
): Identity {
  const refuse = (why: string) => new RunbookError('Unauthenticated', `the token of a job by ${name}: ${why}`);
  const job = readJob(issuer, payload);
  if (!job) throw refuse('expected the claims of a job, found others');
  const noun = issuer.kind === 'gitlab' ? 'project' : 'repository';
  const sources: CiSource[] = issuer.kind === 'gitlab' ? issuer.projects : issuer.repositories;
  const source = sources.find(({ id }) => id === job.source);
  if (!source) throw refuse(`${noun} ${job.source} is not one that may act here; a fork is another one`);
  if (source.refs === 'protected' && !job.isProtected)
    throw refuse('expected a protected branch or tag, found another one');
  const person = people.find(({ ids }) => ids[name] === job.person);
  if (!person) throw refuse(`expected somebody of the access file behind it, found number ${job.person}`);
  const own = source.environments.filter((each) => each === job.environment);
  return {
    name: person.name,
    via: name,
    groups: [],
    environments: source.sameEnvironment ? own : source.environments,
  };
}
