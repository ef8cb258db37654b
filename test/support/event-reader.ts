/** One server-sent event. */
export interface ServerEvent {
  event: string;
  id?: string;
  data: Record<string, unknown>;
}

/** Reads a stream of server-sent events until it ends, or until enough has been seen. */
export async function readEvents(
  url: string,
  headers: Record<string, string>,
  enough: (seen: ServerEvent[]) => boolean = () => false,
): Promise<ServerEvent[]> {
  const leave = new AbortController();
  const response = await fetch(url, { headers, signal: AbortSignal.any([leave.signal, AbortSignal.timeout(120_000)]) });
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  const seen: ServerEvent[] = [];
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const blocks = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n\n');
    rest = blocks.pop() ?? '';
    seen.push(...blocks.flatMap(parseBlock));
    if (enough(seen)) break;
  }
  leave.abort();
  return seen;
}

function parseBlock(block: string): ServerEvent[] {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field('data');
  const id = field('id');
  if (data === undefined) return [];
  const parsed = JSON.parse(data) as Record<string, unknown>;
  return [{ event: field('event') ?? 'message', ...(id !== undefined && { id }), data: parsed }];
}
