import { kindWords } from '../../core/kind-words.js';
import type { TellingWords } from './words.js';

const plural = new Intl.PluralRules('ru');
const approvalsOf: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'согласование', few: 'согласования' };

/** Russian. */
export const ru: TellingWords = {
  kinds: kindWords.ru,
  subject: (kind, service, environment) => `${kind}: ${service} в ${environment}`,
  opened: 'Нужно согласование',
  reminded: 'Всё ещё ждёт согласования',
  escalated: 'Никто не принял решения',
  asked: 'Нужен человек',
  askedOfFailure: 'Не удалось, ждёт решения',
  askedStill: 'Всё ещё ждёт ответа',
  unanswered: 'Никто не ответил',
  decisions: {
    approved: 'Согласовано',
    rejected: 'Отклонено',
    expired: 'Срок согласования истёк',
    lapsed: 'Согласование утратило силу, план изменился',
    aborted: 'Прервано',
    ended: 'Запуск завершён',
  },
  outcomes: {
    undone: 'Не удалось, всё возвращено',
    notUndone: 'Не удалось и НЕ возвращено',
    rejected: 'Отклонено',
    expired: 'Срок согласования истёк',
    failed: 'Не удалось',
  },
  labels: {
    requestedBy: 'кто просит',
    reason: 'зачем',
    breakGlass: 'в обход правил',
    plan: 'план',
    wants: 'нужно',
    expires: 'срок',
    wayBack: 'путь назад',
    notes: 'замечание',
    waitsSince: 'ждёт с',
    decided: 'решение',
    step: 'шаг',
    answer: 'ответить',
    why: 'почему',
    run: 'запуск',
  },
  wants: ({ approvals, approvers, fourEyes }) =>
    [
      `${approvals} ${approvalsOf[plural.select(approvals)] ?? 'согласований'}: ${approvers.join(', ') || 'кто угодно'}`,
      ...(fourEyes ? ['но не тот, кто просит'] : []),
    ].join(', '),
  expires: (at, onExpiry) => `${at}, затем ${onExpiry === 'reject' ? 'отклоняется' : 'идёт дальше'}`,
  answers: {
    retry: 'Повторяется',
    skip: 'Пропущено',
    rollback: 'Откат',
    goneOn: 'Сделано, запуск идёт дальше',
    ended: 'Ответ больше не нужен',
  },
  verdicts: { approve: 'за', reject: 'против' },
  goesOn: 'никто не принял решения, запуск идёт дальше',
  nobody: 'никто не принял решения',
  changes: 'изменения',
  more: (number) => `… и ещё ${number}`,
  open: 'Открыть запуск',
  buttons: { approve: 'Согласовать', reject: 'Отклонить' },
};
