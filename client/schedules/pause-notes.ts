/** A time in which a schedule was held. ISO 8601; without an end it still is. */
export interface Pause {
  from: string;
  to?: string;
  by: string;
  reason: string;
}

/** Whoever applies the file, when the file itself says that the schedule is held. */
export const itsFile = 'its file';

/** More than anybody looks back over; a note must not grow without end. */
const mostPast = 20;

const current = /^paused (\S+) by (.+?): (.*)$/;
const past = /^was paused (\S+) to (\S+) by (.+?): (.*)$/;

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
const showPast = ({ from, to = '', by, reason }: Pause) => `was paused ${from} to ${to} by ${by}: ${reason}`;

/**
 * The pauses that a schedule's note tells of, the newest first. Temporal keeps no history of them, so the note does; one that was
 * written by other means tells of none.
 */
export function readPauses(note = ''): Pause[] {
  return note.split('\n').flatMap((line): Pause[] => {
    const open = current.exec(line);
    if (open) return [{ from: open[1] ?? '', by: open[2] ?? '', reason: open[3] ?? '' }];
    const closed = past.exec(line);
    return closed ? [{ from: closed[1] ?? '', to: closed[2] ?? '', by: closed[3] ?? '', reason: closed[4] ?? '' }] : [];
  });
}

const closedOnes = (note: string | undefined) => readPauses(note).filter(({ to }) => to !== undefined);

/** The note of a schedule that is held from now on; it is not encrypted. */
export function notePause(before: string | undefined, { from, by, reason }: Omit<Pause, 'to'>): string {
  const lines = [`paused ${from} by ${oneLine(by).replaceAll(': ', ' ')}: ${oneLine(reason)}`];
  return [...lines, ...closedOnes(before).slice(0, mostPast).map(showPast)].join('\n');
}

/** The note of a schedule that goes on. */
export function noteResume(before: string | undefined, { at, by }: { at: string; by: string }): string {
  const ended = readPauses(before).map((pause) => ({ ...pause, to: pause.to ?? at }));
  return [`resumed ${at} by ${oneLine(by)}`, ...ended.slice(0, mostPast).map(showPast)].join('\n');
}

/** Who holds a schedule and why, as far as its note tells. */
export function openPause(note: string | undefined): Pause | undefined {
  return readPauses(note).find(({ to }) => to === undefined);
}
