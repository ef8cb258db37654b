import type { RunKind } from './record.js';

/** What each kind of run is called, wherever people read of it. */
export const kindWords: Record<'en' | 'ru', Record<RunKind, string>> = {
  en: {
    deploy: 'deploy',
    canary: 'canary',
    blueGreen: 'blue-green',
    rollback: 'rollback',
    train: 'train',
    backup: 'backup',
    drill: 'restore drill',
    restore: 'restore',
    beat: 'beat',
    rotate: 'rotation',
    credentials: 'rotations due',
    offboarding: 'offboarding',
  },
  ru: {
    deploy: 'выкладка',
    canary: 'канарейка',
    blueGreen: 'сине-зелёная выкладка',
    rollback: 'откат',
    train: 'поезд выкладок',
    backup: 'резервная копия',
    drill: 'учебное восстановление',
    restore: 'восстановление',
    beat: 'отметка времени',
    rotate: 'смена секрета',
    credentials: 'смены по сроку',
    offboarding: 'уход сотрудника',
  },
};
