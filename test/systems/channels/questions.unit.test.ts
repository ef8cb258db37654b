import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTellingActivities, type Telling } from '../../../activities/telling.js';
import { intakeStep } from '../../../core/credential.js';
import type { AnsweredStep, AskingStep } from '../../../core/tidings.js';
import { openChannelPlace, type ChannelPlace } from '../../support/channel-place.js';
import { about } from '../../support/told.js';

let place: ChannelPlace;

beforeEach(async () => {
  place = await openChannelPlace();
});

afterEach(() => place.close());

const activities = () =>
  createTellingActivities({ tokens: place.tokens, channels: place.channels, console: 'https://console.example.org/' });

const telling = (channel: string, more: Pick<Telling, 'tiding'> & Partial<Telling>): Telling => ({
  ...{ about, channel, severity: 'P3' },
  ...more,
});

describe('a step that waits for people is told, and closed with what has become of it', () => {
  const error = 'shop/web: 2 of 3 pods ready after 10m (ImagePullBackOff)';
  const asked: AskingStep = {
    ...{ what: 'asked', number: 2, step: 'watch the rollout', expected: false, error },
    ...{ choices: ['retry', 'skip', 'rollback'], openedAt: '2026-11-21T03:00:01.000Z' },
  };
  const answered: AnsweredStep = {
    what: 'answered',
    number: 2,
    at: '2026-11-21T03:10:00.000Z',
    answer: 'retry',
    by: 'bob',
  };

  test('one that has failed, with why and how it is answered', async () => {
    const said = { tiding: asked, severity: 'P2' } as const;
    const handle = await activities().tell(telling('chat', said));
    const key = await activities().tell(telling('on-call', said));
    const [message] = place.telegram.messages;
    expect(message?.text.split('\n')).toEqual([
      '[P2] Не удалось, ждёт решения: выкладка: web в prod',
      'шаг: watch the rollout',
      `почему: ${error}`,
      'кто просит: alice',
      'зачем: the new cart',
      'ответить: runbook retry deploy/prod/web | runbook skip deploy/prod/web | runbook rollback deploy/prod/web',
      'Открыть запуск',
    ]);
    expect(message?.keys).toEqual([]);
    expect(place.pagerDuty.alerts).toMatchObject([{ key, status: 'triggered', severity: 'error' }]);

    const again = { before: handle, what: 'remind' as const, number: 1 };
    await activities().tell(telling('chat', { ...said, again }));
    expect(place.telegram.messages[1]?.text).toContain('[P2] Всё ещё ждёт ответа');
    const settled = { about, severity: 'P2' as const, matter: asked, settled: answered };
    await activities().closeTold({ ...settled, channel: 'chat', handle });
    await activities().closeTold({ ...settled, channel: 'on-call', handle: key });
    expect(message?.text).toMatch(/^Повторяется: выкладка: web в prod\nрешение: bob; 2026-11-21 03:10 UTC/);
    expect(place.pagerDuty.alerts).toMatchObject([{ status: 'resolved' }]);
  });

  test('one that wants a value, with the command that takes it', async () => {
    const intake: AskingStep = { ...asked, step: intakeStep, expected: true, choices: ['retry', 'rollback'] };
    await activities().tell(telling('archive', { tiding: intake }));
    expect(JSON.parse(place.webhook.asked[0]?.raw ?? '')).toMatchObject({
      type: 'question.opened',
      data: { title: '[P3] A person is wanted: deploy of web in prod' },
    });
    expect(place.webhook.asked[0]?.raw).toContain(
      'runbook intake FILE --environment prod | runbook retry deploy/prod/web',
    );
  });
});
