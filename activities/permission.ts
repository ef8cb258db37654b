import { readPastReleases, type WorkflowReader } from '../core/past-releases.js';
import type { BreakGlass, Calendar, Permission, PromotionRule } from '../core/permission.js';
import { decideInFlight, describeFreeze, frozenAt, nextChange } from '../policies/freeze.js';
import { showMoment } from '../policies/local-time.js';
import { findProof } from '../policies/promotion.js';

export interface PermissionRequest {
  permission: Permission;
  service: string;
  environment: string;
  image: string;
  /** Before anything is changed, or before the next step of a run that was permitted to start. */
  phase: 'start' | 'step';
}

/** Whether a run may go on. `until` is when to ask again, ISO 8601; without it waiting does not help. */
export type PermissionAnswer =
  { allowed: true; note: string } | { allowed: false; code: 'Frozen' | 'NotProven'; why: string; until?: string };

function refuse(code: 'Frozen' | 'NotProven', why: string, until?: Date): PermissionAnswer {
  return { allowed: false, code, why, ...(until && { until: until.toISOString() }) };
}

function showBroken({ by, reason }: BreakGlass, calendar: Calendar | undefined, now: Date): string {
  const freeze = calendar && frozenAt(calendar, now);
  return `glass broken by ${by} (${reason})${freeze ? `: ${describeFreeze(freeze)}` : ''}`;
}

/** What a person should know of a calendar that is free now. */
function showFree(calendar: Calendar, now: Date): string {
  const end = nextChange(calendar, now);
  const timeZone = [...calendar.allowed, ...calendar.freezes][0]?.timeZone ?? 'UTC';
  return end ? `no freeze before ${showMoment(end, timeZone)}` : 'no freeze within a year';
}

/** Whether a run may start or go on: the calendar of its environment, and what it must have proven elsewhere. */
export function createPermissionActivities(workflows: () => WorkflowReader) {
  async function checkPromotion(rule: PromotionRule, { service, image }: PermissionRequest): Promise<PermissionAnswer> {
    const releases = await readPastReleases(workflows(), { service, environment: rule.after });
    const proof = findProof(rule, image, releases, new Date());
    return proof.proven ? { allowed: true, note: proof.note } : refuse('NotProven', proof.why, proof.until);
  }

  return {
    /**
     * Asks at the moment of the call. Time zones are looked up here and not in a workflow: their data differ between machines.
     * Whoever broke the glass is let through without asking Temporal: an emergency must not depend on it.
     */
    async checkPermission(request: PermissionRequest): Promise<PermissionAnswer> {
      const { calendar, promotion, breakGlass } = request.permission;
      const now = new Date();
      if (breakGlass) return { allowed: true, note: showBroken(breakGlass, calendar, now) };
      const starts = request.phase === 'start';
      const freeze = calendar && (starts ? frozenAt(calendar, now) : decideInFlight(calendar, 'on', now));
      if (freeze) return refuse('Frozen', describeFreeze(freeze), freeze.until);
      const notes = calendar ? [showFree(calendar, now)] : [];
      if (promotion && starts) {
        const answer = await checkPromotion(promotion, request);
        if (!answer.allowed) return answer;
        notes.push(answer.note);
      }
      return { allowed: true, note: notes.join('; ') };
    },
  };
}
