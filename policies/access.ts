import type { RunKind } from '../core/record.js';

/** Somebody whose name was proven: how, and what else is known of them. */
export interface Identity {
  name: string;
  /** An issuer's name, "token:NAME" or "proxy". */
  via: string;
  /** As ISSUER:GROUP. */
  groups: string[];
  /** Of a CI job: the environments in which it may act. */
  environments?: string[];
}

/** What somebody wants to do, to what. What is left out does not matter: lists are asked about before they are made. */
export interface Action<Verb extends string> {
  verb: Verb;
  kind?: RunKind;
  environment?: string;
  service?: string;
}

/** The part of an access file that says who may do what. */
export interface Rules<Verb extends string> {
  roles: Record<string, { people: string[]; groups: string[] }>;
  rules: Array<{
    roles: string[];
    verbs: Verb[];
    kinds?: RunKind[] | undefined;
    environments?: string[] | undefined;
    services?: string[] | undefined;
  }>;
}

export type Permitted = { allowed: true; why: string } | { allowed: false; why: string };

function isOneOf(wanted: string | undefined, allowed: readonly string[] | undefined): boolean {
  return wanted === undefined || allowed === undefined || allowed.includes(wanted);
}

/** The roles that somebody has. */
export function rolesOf(
  { roles }: Pick<Rules<string>, 'roles'>,
  { name, groups }: Pick<Identity, 'name' | 'groups'>,
): string[] {
  return Object.entries(roles)
    .filter(([, role]) => role.people.includes(name) || role.groups.some((group) => groups.includes(group)))
    .map(([role]) => role);
}

function describeAction({ verb, kind, environment, service }: Action<string>): string {
  const what = [kind, service].filter(Boolean).join(' ');
  return [verb, what, environment && `in ${environment}`].filter(Boolean).join(' ');
}

/** Whether somebody may do something: the first rule that allows it decides, and without one it is refused. */
export function mayDo<Verb extends string>(access: Rules<Verb>, identity: Identity, action: Action<Verb>): Permitted {
  const { name, via, environments } = identity;
  const { verb, kind, environment, service } = action;
  if (!isOneOf(environment, environments))
    return { allowed: false, why: `jobs by ${via} may act in ${environments?.join(', ')} only, not in ${environment}` };
  const roles = rolesOf(access, identity);
  const rule = access.rules.findIndex(
    (each) =>
      each.roles.some((role) => roles.includes(role)) &&
      each.verbs.includes(verb) &&
      isOneOf(kind, each.kinds) &&
      isOneOf(environment, each.environments) &&
      isOneOf(service, each.services),
  );
  if (rule >= 0)
    return { allowed: true, why: `rule ${rule + 1} allows ${access.rules[rule]?.roles.join(', ')} to ${verb}` };
  const held = roles.length > 0 ? `${name} is ${roles.join(', ')}` : `${name} has no role`;
  return { allowed: false, why: `no rule allows ${name} to ${describeAction(action)}: ${held}` };
}
