import { findTokenDirectory } from '../../../systems/token-file.js';
import { RunbookError } from '../../../core/errors.js';
import type { Channels } from '../../../runbooks/channels.js';
import type { Account, Ballot, ChatAnswer, ChatDesk, ChatRequest } from '../../chat/desk.js';
import { findGate } from '../../chat/find-gate.js';
import { createSlackChat } from '../../chat/slack.js';
import { createTelegramChat } from '../../chat/telegram.js';
import { readRecord } from '../../runs/read-record.js';
import { castVote } from '../cast-vote.js';
import type { Api, ApiParts } from '../parts.js';

/** Buttons that were pressed in chats. Each chat says by its own signature that it is one; who has pressed is in the access file. */
export function chatRoutes(api: Api, parts: ApiParts): void {
  const { channels } = parts;
  if (!channels) return;
  const desk = openDesk(parts, channels);
  // Signatures are over the very bytes.
  void api.register((scope, _, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    take('/chat/telegram', createTelegramChat(desk));
    take('/chat/slack', createSlackChat(desk));
    function take(path: string, answer: (request: ChatRequest) => Promise<ChatAnswer>): void {
      scope.post(path, { config: { open: true }, schema: { hide: true } }, async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const { status, note, work } = await answer({ headers: request.headers, body });
        request.log.info({ audit: true, chat: note }, 'chat');
        void work?.then((said) => request.log.info({ audit: true, chat: said }, 'chat'));
        return reply.status(status).send();
      });
    }
    done();
  });
}

function openDesk(parts: ApiParts, channels: Channels): ChatDesk {
  const findPerson = async ({ at, id }: Account) =>
    (await parts.readAccess()).people.find(({ ids }) => ids[at] === id)?.name;
  return {
    channels,
    tokens: findTokenDirectory(),
    findPerson,
    async vote({ account, by, verdict, ...button }: Ballot) {
      const run = await findGate(parts.session, button);
      const { record } = await readRecord(parts.session, run);
      const gate = record.gates.at(-1);
      if (!gate) throw new RunbookError('Refused', `${run.workflowId}: no gate is open`);
      // Whether they may is asked where the vote is counted.
      return castVote(parts, record, { name: by, via: account.at, groups: [] }, { verdict, plan: gate.plan });
    },
  };
}
