import type { CredentialVerdict } from './credentials-report.js';

/** Everything that a report of credentials says to people. */
export interface CredentialsWords {
  language: string;
  title: (environments: string) => string;
  verdicts: Record<CredentialVerdict, string>;
  /** So many credentials owe something. */
  verdictLine: (owing: number, all: number) => string;
  figures: { debts: string; next: string; proven: string };
  provenOf: (proven: number, all: number) => string;
  provenExplained: string;
  ages: string;
  agesExplained: string;
  limit: string;
  debts: string;
  noDebts: string;
  all: string;
  columns: {
    credential: string;
    service: string;
    state: string;
    age: string;
    due: string;
    proved: string;
    user: string;
    store: string;
    provider: string;
    consumers: string;
  };
  days: (days: number) => string;
  of: (age: string, maximum: string) => string;
  unknown: string;
  nothing: string;
  method: string;
  methodLines: readonly string[];
  madeAt: (at: string) => string;
}

const en: CredentialsWords = {
  language: 'en',
  title: (environments) => `Credentials of ${environments}`,
  verdicts: { good: 'in order', soon: 'due soon', owing: 'owes' },
  verdictLine: (owing, all) =>
    owing === 0 ? `Nothing is owed by any of ${all} credentials.` : `${owing} of ${all} credentials owe something.`,
  figures: { debts: 'Open debts', next: 'First to be too old', proven: 'Proven' },
  provenOf: (proven, all) => `${proven} of ${all}`,
  provenExplained: 'the version before is dead',
  ages: 'Ages',
  agesExplained: 'share of the longest age that each may have',
  limit: 'too old',
  debts: 'Debts',
  noDebts: 'None: nothing old is alive, and nobody knows what they may not.',
  all: 'All credentials',
  columns: {
    credential: 'Credential',
    service: 'Service',
    state: 'State',
    age: 'Age',
    due: 'Too old on',
    proved: 'Last proof',
    user: 'Current',
    store: 'Store',
    provider: 'Provider',
    consumers: 'Consumers',
  },
  days: (days) => `${days} d`,
  of: (age, maximum) => `${age} of ${maximum}`,
  unknown: 'unknown',
  nothing: '–',
  method: 'How this is known',
  methodLines: [
    'Every version that a store holds was tried just then, with the provider that it is for. No value has left the worker.',
    'Age: since the current version came into force. Last proof: when the version before it was tried, and refused.',
    'A debt stays until a later rotation has proven that nothing older is alive. That somebody has left is kept in the store itself.',
    'Of a version is shown its user, and the first digits of a keyed hash.',
  ],
  madeAt: (at) => `Made ${at}`,
};

const ru: CredentialsWords = {
  language: 'ru',
  title: (environments) => `Секреты: ${environments}`,
  verdicts: { good: 'в порядке', soon: 'скоро срок', owing: 'есть долг' },
  verdictLine: (owing, all) => (owing === 0 ? `Долгов нет, всего секретов: ${all}.` : `С долгами: ${owing} из ${all}.`),
  figures: { debts: 'Открытые долги', next: 'Ближайший срок', proven: 'Доказано' },
  provenOf: (proven, all) => `${proven} из ${all}`,
  provenExplained: 'прежняя версия не действует',
  ages: 'Возраст',
  agesExplained: 'доля наибольшего допустимого возраста',
  limit: 'срок',
  debts: 'Долги',
  noDebts: 'Нет: ничто старое не действует, и никто не знает лишнего.',
  all: 'Все секреты',
  columns: {
    credential: 'Секрет',
    service: 'Сервис',
    state: 'Состояние',
    age: 'Возраст',
    due: 'Срок',
    proved: 'Доказано',
    user: 'Текущий',
    store: 'Хранилище',
    provider: 'Поставщик',
    consumers: 'Потребители',
  },
  days: (days) => `${days} д`,
  of: (age, maximum) => `${age} из ${maximum}`,
  unknown: 'неизвестен',
  nothing: '–',
  method: 'Откуда это известно',
  methodLines: [
    'Каждая версия из хранилища только что испытана у своего поставщика. Ни одно значение не покидало воркер.',
    'Возраст: с тех пор, как текущая версия вступила в силу. Доказано: когда предыдущая была испытана и отвергнута.',
    'Долг остаётся, пока более поздняя смена не докажет, что ничто старое не действует. Уход сотрудника записан в самом хранилище.',
    'Версия показана пользователем и первыми знаками хеша с ключом.',
  ],
  madeAt: (at) => `Составлено ${at}`,
};

/** The words of a language of the CLI; English for any other. */
export function credentialsWords(language: string): CredentialsWords {
  return language === 'ru' ? ru : en;
}
