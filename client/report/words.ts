import type { DrillVerdict } from './drill-report.js';

/** Everything that a report says to people. */
export interface ReportWords {
  language: string;
  title: (service: string, environment: string) => string;
  verdicts: Record<DrillVerdict, string>;
  verdictLines: Record<DrillVerdict, string>;
  names: { rto: string; rpo: string };
  explained: { rto: string; rpo: string };
  target: (time: string) => string;
  newest: string;
  overTime: string;
  stages: string;
  compared: string;
  history: string;
  method: string;
  methodLines: readonly string[];
  columns: {
    drill: string;
    outcome: string;
    backup: string;
    backTo: string;
    what: string;
    found: string;
    stage: string;
    time: string;
    by: string;
    run: string;
  };
  facts: { by: string; reason: string; run: string; plan: string; backup: string; backTo: string; took: string };
  passed: string;
  differs: string;
  nothingMeasured: string;
  nothingCompared: string;
  /** So many drills met both promises. */
  tally: (met: number, all: number, since: string) => string;
  madeAt: (at: string, workflowId: string) => string;
  units: Record<'s' | 'm' | 'h' | 'd', string>;
}

const en: ReportWords = {
  language: 'en',
  title: (service, environment) => `Restore drills of ${service} in ${environment}`,
  verdicts: { met: 'met', missed: 'missed', failed: 'failed' },
  verdictLines: {
    met: 'The backup came back whole, in time and recent enough.',
    missed: 'The backup came back whole, but too late or too old.',
    failed: 'The backup was not shown to come back.',
  },
  names: { rto: 'RTO', rpo: 'RPO' },
  explained: { rto: 'time to restore', rpo: 'data that would be lost' },
  target: (time) => `target ${time}`,
  newest: 'The newest drill',
  overTime: 'Over time',
  stages: 'Where the time goes',
  compared: 'What was compared',
  history: 'All drills',
  method: 'How this is measured',
  methodLines: [
    'Each drill restores a backup into an empty scratch place that is not the source, and takes it down again.',
    'RTO: from the beginning of the restore until the checks hold, by the clock of the durable run.',
    'RPO: from the newest time that came back until the drill began.',
    'Compared are all tables with their rows: the sum of a hash of every row, taken in the snapshot of the dump itself.',
    'The figures come from the records of the runs in Temporal, as far back as its namespace keeps ended runs.',
  ],
  columns: {
    drill: 'Drill',
    outcome: 'Outcome',
    backup: 'Backup',
    backTo: 'Back to',
    what: 'What',
    found: 'Found',
    stage: 'Stage',
    time: 'Time',
    by: 'Asked for by',
    run: 'Run',
  },
  facts: {
    by: 'asked for by',
    reason: 'reason',
    run: 'run',
    plan: 'plan',
    backup: 'backup',
    backTo: 'back to',
    took: 'ran',
  },
  passed: 'the same',
  differs: 'differs',
  nothingMeasured: 'It ended before anything could be measured.',
  nothingCompared: 'Nothing was compared.',
  tally: (met, all, since) => `${met} of ${all} ${all === 1 ? 'drill' : 'drills'} since ${since} met both promises`,
  madeAt: (at, workflowId) => `Made ${at} from the runs of ${workflowId}`,
  units: { s: 's', m: 'm', h: 'h', d: 'd' },
};

const ru: ReportWords = {
  language: 'ru',
  title: (service, environment) => `Учебные восстановления: ${service}, ${environment}`,
  verdicts: { met: 'соблюдено', missed: 'нарушено', failed: 'не удалось' },
  verdictLines: {
    met: 'Копия восстановлена целиком, в срок и достаточно свежая.',
    missed: 'Копия восстановлена целиком, но слишком поздно или слишком старая.',
    failed: 'Не показано, что копия восстанавливается.',
  },
  names: { rto: 'RTO', rpo: 'RPO' },
  explained: { rto: 'время восстановления', rpo: 'что было бы потеряно' },
  target: (time) => `цель ${time}`,
  newest: 'Последнее восстановление',
  overTime: 'По времени',
  stages: 'На что ушло время',
  compared: 'Что сравнивалось',
  history: 'Все восстановления',
  method: 'Как это измеряется',
  methodLines: [
    'Копия восстанавливается в пустое учебное место, которое не является источником; затем оно убирается.',
    'RTO: от начала восстановления до выполнения всех проверок, по часам самого запуска.',
    'RPO: от самого нового восстановленного времени до начала восстановления.',
    'Сравниваются все таблицы со строками: сумма хешей всех строк, взятая в том же снимке, что и копия.',
    'Числа взяты из записей запусков в Temporal, насколько далеко в прошлое он их хранит.',
  ],
  columns: {
    drill: 'Начато',
    outcome: 'Итог',
    backup: 'Копия',
    backTo: 'Состояние на',
    what: 'Что',
    found: 'Найдено',
    stage: 'Этап',
    time: 'Время',
    by: 'Запросил',
    run: 'Запуск',
  },
  facts: {
    by: 'запросил',
    reason: 'причина',
    run: 'запуск',
    plan: 'план',
    backup: 'копия',
    backTo: 'состояние на',
    took: 'шло',
  },
  passed: 'совпадает',
  differs: 'отличается',
  nothingMeasured: 'Завершилось раньше, чем было что измерять.',
  nothingCompared: 'Ничего не сравнивалось.',
  tally: (met, all, since) => `Соблюдено ${met} из ${all} с ${since}`,
  madeAt: (at, workflowId) => `Составлено ${at} по запускам ${workflowId}`,
  units: { s: 'с', m: 'мин', h: 'ч', d: 'д' },
};

/** The words of a language of the CLI; English for any other. */
export function reportWords(language: string): ReportWords {
  return language === 'ru' ? ru : en;
}
