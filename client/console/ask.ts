/** How long an answer may take. A vote waits for a worker. */
const answerTimeoutMs = 25_000;

/** An answer that refuses, or none at all. */
export class Refusal extends Error {
  constructor(
    /** 0: nobody answered, and what was asked for may have happened or not. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

function detailOf(answer: unknown, status: number): string {
  const said = typeof answer === 'object' && answer !== null && 'detail' in answer ? answer.detail : undefined;
  return typeof said === 'string' ? said : `HTTP ${status}`;
}

async function send<Answer>(path: string, request: RequestInit): Promise<Answer> {
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(path, { ...request, signal: AbortSignal.timeout(answerTimeoutMs), redirect: 'error' });
    answer = await response.json();
  } catch {
    // Refused, cut off, timed out, or something on the way that does not speak for the API: all the same to who waits.
    throw new Refusal(0, '');
  }
  if (!response.ok) throw new Refusal(response.status, detailOf(answer, response.status));
  return answer as Answer;
}

/** Asks the API for something. @throws Refusal. */
export function ask<Answer>(path: string, query: Record<string, string | number | undefined> = {}): Promise<Answer> {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) said.set(name, String(value));
  const text = said.toString();
  return send(text === '' ? path : `${path}?${text}`, {});
}

/** Asks the API to do something. @throws Refusal. */
export function order<Answer>(path: string, body: object): Promise<Answer> {
  return send(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/** The path of a run in the API. */
export function pathOfRun(workflowId: string): string {
  return `/v1/runs/${workflowId.split('/').map(encodeURIComponent).join('/')}`;
}
