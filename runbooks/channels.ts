import { z } from 'zod';
import { errorTable, type ErrorCode } from '../core/errors.js';
import { outcomes, runKinds } from '../core/record.js';
import { severities } from '../core/tidings.js';
import { Channel } from './channel-kinds.js';
import { name, seconds } from './fields.js';
import { tokenFile } from './store.js';

const severity = z.enum(severities);
const environments = z.array(name).min(1).optional().describe('Default: all');
const kinds = z.array(z.enum(runKinds)).min(1).optional().describe('Default: all');

const route = z.strictObject({
  environments,
  kinds,
  severities: z.array(severity).min(1).optional().describe('Default: all'),
  to: z.array(z.string()).min(1).describe('Names of channels'),
});

/** How people are told of what waits for them. */
function waiting(first: (typeof severities)[number], what: string) {
  return z
    .strictObject({
      severity: severity.default(first).describe(`Of ${what}`),
      remindEvery: seconds.optional().describe('Default: nobody is reminded'),
      escalateAfter: seconds.optional().describe('When it becomes as urgent as escalateTo. Default: never'),
      escalateTo: severity.optional(),
    })
    .refine(({ escalateAfter, escalateTo }) => (escalateAfter === undefined) === (escalateTo === undefined), {
      path: ['escalateTo'],
      error: 'expected with escalateAfter, and only then',
    })
    .refine(({ severity: first, escalateTo }) => escalateTo === undefined || escalateTo < first, {
      path: ['escalateTo'],
      error: 'expected more urgent than severity',
    })
    .refine(({ remindEvery }) => remindEvery === undefined || remindEvery >= 1, {
      path: ['remindEvery'],
      error: 'expected at least 1s',
    })
    .prefault({});
}

const gates = waiting('P3', 'a gate that waits, or a step that waits as it is meant to');
const questions = waiting('P2', 'a step that has failed and asks');

const end = z.strictObject({
  outcomes: z.array(z.enum(outcomes)).min(1).optional().describe('Default: all'),
  codes: z
    .array(z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]))
    .min(1)
    .optional()
    .describe('Default: all'),
  kinds,
  environments,
  severity: z.enum([...severities, 'none']).describe('none: nobody is told'),
});

interface Links {
  channels: Record<string, z.infer<typeof Channel>>;
  routes: Array<z.infer<typeof route>>;
  gates: z.infer<typeof gates>;
  questions: z.infer<typeof questions>;
  buttons?: string | undefined;
}

function checkLinks({ channels, routes, buttons, ...waits }: Links, context: z.RefinementCtx): void {
  const complain = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  const names = Object.keys(channels);
  routes.forEach(({ to }, index) => {
    to.forEach((each, at) => {
      if (!names.includes(each)) complain(['routes', index, 'to', at], `expected of ${names.join(', ')}`);
    });
  });
  for (const each of names)
    if (!routes.some(({ to }) => to.includes(each))) complain(['channels', each], 'expected a route that leads to it');
  for (const each of ['gates', 'questions'] as const) {
    const { escalateTo } = waits[each];
    if (escalateTo !== undefined && !routes.some(({ severities }) => severities?.includes(escalateTo) ?? true))
      complain([each, 'escalateTo'], 'expected a route for it');
  }
  for (const [each, channel] of Object.entries(channels))
    if (buttons === undefined && 'presses' in channel && channel.presses !== undefined)
      complain(['channels', each, 'presses'], 'expected with "buttons", the token file with the key of buttons');
}

/** Where people are told of gates and of runs that end not well, and how urgently. */
export const Channels = z
  .strictObject({
    kind: z.literal('channels'),
    channels: z.record(name, Channel).refine((found) => Object.keys(found).length > 0, {
      error: 'expected at least one channel',
    }),
    routes: z.array(route).min(1).describe('Who is told of what: all that match, not only the first'),
    gates: gates.describe('How people are told of a gate while it waits'),
    questions: questions.describe('How people are told of a step that has failed and asks what to do'),
    ends: z
      .array(end)
      .default([])
      .describe('How urgent runs that end not well are; the first that matches, before the rules that are built in'),
    buttons: tokenFile
      .optional()
      .describe('Token file with the key of buttons, 32 characters or more: the same for worker and API'),
  })
  .superRefine(checkLinks);

export type Channels = z.infer<typeof Channels>;
