import type { Action, Identity, Verb } from '../core/access.js';
import type { RunKind } from '../core/record.js';

/** The part of an access file that says who may do what. */
export interface Rules {
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
  { roles }: Pick<Rules, 'roles'>,
  { name, groups }: Pick<Identity, 'name' | 'groups'>,
): string[] {
  return Object.entries(roles)
    .filter(([, role]) => role.people.includes(name) || role.groups.some((group) => groups.includes(group)))
    .map(([role]) => role);
}

function describeAction({ verb, kind, environment, service }: Action): string {
  const what = [kind, service].filter(Boolean).join(' ');
  return [verb, what, environment && `in ${environment}`].filter(Boolean).join(' ');
}

/** Whether somebody may do something: the first rule that allows it decides, and without one it is refused. */
export function mayDo(access: Rules, identity: Identity, action: Action): Permitted {
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
