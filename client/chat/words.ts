/** Everything that is said to who presses a button. */
export interface ChatWords {
  voted: { approve: string; reject: string };
  refused: (why: string) => string;
  over: (why: string) => string;
  foreign: string;
  unlinked: (at: string, id: string) => string;
  unknown: string;
}

const en: ChatWords = {
  voted: { approve: 'Your approval counts.', reject: 'Your rejection counts: the run ends.' },
  refused: (why) => `It does not count: ${why}`,
  over: (why) => `There is nothing to decide here any more: ${why}`,
  foreign: 'This button is not of this program, or its key has been replaced. Nothing was done.',
  unlinked: (at, id) =>
    `This account (${at} ${id}) is linked to nobody, so it has no vote. Ask for it in the access file: people, ids, ${at}.`,
  unknown: 'Whether it counts cannot be told now. Look at the run, or press again.',
};

const ru: ChatWords = {
  voted: { approve: 'Ваше согласование учтено.', reject: 'Ваше «против» учтено: запуск завершается.' },
  refused: (why) => `Не учтено: ${why}`,
  over: (why) => `Здесь уже нечего решать: ${why}`,
  foreign: 'Эта кнопка не этой программы, или её ключ заменён. Ничего не сделано.',
  unlinked: (at, id) =>
    `Эта учётная запись (${at} ${id}) ни с кем не связана, поэтому голоса у неё нет. Попросите внести её в файл доступа: people, ids, ${at}.`,
  unknown: 'Сейчас нельзя сказать, учтено ли это. Посмотрите на запуск или нажмите ещё раз.',
};

/** The words of each language that a channel may speak. */
export const chatWords: Record<'en' | 'ru', ChatWords> = { en, ru };
