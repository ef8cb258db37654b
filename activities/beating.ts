import { heartbeat } from '@temporalio/activity';

const everyMs = 1500;

type Activities = Record<string, (input: never) => Promise<unknown>>;

/**
 * Lets activities tell Temporal that their worker lives, so that another one goes on within seconds of a crash, and hear of a
 * cancellation as soon. For those that keep no progress; a hung one is ended by its start-to-close time.
 */
export function beating<T extends Activities>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: never) => {
      const timer = setInterval(() => heartbeat(), everyMs);
      try {
        return await activity(input);
      } finally {
        clearInterval(timer);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
