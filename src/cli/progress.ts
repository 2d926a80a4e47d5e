/** Saying how far the work is: a bar on a terminal, lines of JSON for a program, otherwise nothing. */

let logsJson = false;

/** From then on everything on standard error is a JSON object a line. */
export function logAsJson(): void {
  logsJson = true;
}

/** What is before words on a terminal where a bar stands on the line. */
let before = '';

export function warn(sentence: string): void {
  process.stderr.write(logsJson ? eventLine('warning', { message: sentence }) : `${before}Warning: ${sentence}\n`);
  before = '';
}

/** Tells what happened, to a program that reads it; `words` to a person. */
export function tell(event: string, fields: object, words?: string): void {
  if (logsJson) process.stderr.write(eventLine(event, fields));
  if (logsJson || words === undefined) return;
  process.stderr.write(`${before}${words}\n`);
  before = '';
}

const eventLine = (event: string, fields: object): string => `${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`;

/** Whether anybody is told how far the work is. */
export const isWatched = (): boolean => logsJson || process.stderr.isTTY === true;

/** `total`: undefined where it is not known. */
export type Report = (done: number, unread: number) => void;

const barWidth = 24;
const logEveryMs = 10_000;

/**
 * Args:
 *   total: how many there are, undefined while that is not known.
 *   doneBefore: how many of them were done by an earlier run.
 */
export function progressReport(total: number | (() => number | undefined), doneBefore = 0): Report {
  if (!isWatched()) return () => {};
  const startedAt = performance.now();
  let shownAt = logsJson ? startedAt : 0;
  return (done, unread) => {
    const now = performance.now();
    const all = typeof total === 'number' ? total : total();
    if (done !== all && now - shownAt < (logsJson ? logEveryMs : 100)) return;
    shownAt = now;
    const rate = ((done - doneBefore) * 1000) / (now - startedAt);
    const left = all === undefined || rate === 0 ? undefined : (all - done) / rate;
    before = done === all || logsJson ? '' : '\n';
    if (logsJson) tell('progress', { done, total: all ?? null, unread, per_second: Number(rate.toFixed(2)), seconds_left: left === undefined ? null : Math.round(left) });
    else process.stderr.write(`\r${progressWords(done, all, unread, rate, left)}\x1b[K${done === all ? '\n' : ''}`);
  };
}

/** How far a picture is that is searched tile by tile. */
export function reportTiles(done: number, all: number): void {
  if (logsJson) tell('tile', { done, of: all });
  else if (process.stderr.isTTY) process.stderr.write(`\rtile ${done} of ${all}\x1b[K${done === all ? '\n' : ''}`);
}

/** One line of a terminal; it is not wider than 100 characters. */
export function progressWords(done: number, total: number | undefined, unread: number, rate: number, secondsLeft: number | undefined): string {
  const full = total === undefined || total === 0 ? 0 : Math.floor((done / total) * barWidth);
  const bar = total === undefined ? '' : `[${'█'.repeat(full)}${'░'.repeat(barWidth - full)}] ${Math.floor((100 * done) / Math.max(1, total))} % `;
  const grouped = (count: number): string => count.toLocaleString('en');
  return `${bar}${grouped(done)}${total === undefined ? '' : ` of ${grouped(total)}`}, ${rate < 10 ? rate.toFixed(1) : grouped(Math.round(rate))} a second`
    + `${secondsLeft === undefined || done === total ? '' : `, ${durationWords(secondsLeft)} left`}${unread > 0 ? `, ${grouped(unread)} not read` : ''}`;
}

export function durationWords(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.ceil(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(1)} days`;
}
