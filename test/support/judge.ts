import type { FinishedRun } from '../../src/core/run.ts';
import type { LedgerEntry, VerdictWord } from '../../src/core/verdict.ts';
import { linesByRun } from './journal.ts';
import type { JournalLine } from './journal.ts';

/** What was done to a process, or to `all` of them by way of Redis. Epoch ms; a kill ends with the process. */
export type Fault = { pid: number | 'all'; kind: 'killed' | 'paused' | 'redis lost'; from: number; to: number };

export type Finding = {
  rule:
    | 'unaccounted' // a fire time without a verdict: lost in silence
    | 'accounted twice' // a fire time with two verdicts
    | 'unexcused' // a verdict that the schedule's policies cannot give
    | 'phantom' // a verdict or a run for a fire time that the rule does not name, or that makes no run
    | 'lost' // a run that no attempt has ended
    | 'early' // a start before the fire time
    | 'duplicate' // one attempt that was started or ended twice, and not handed back between
    | 'unexplained' // another attempt though nothing had happened to the one before
    | 'unended' // an attempt without an end in a process that was not killed
    | 'unstarted' // an end without a start
    | 'unrecorded' // a run that ended and is not in the history
    | 'failed' // a run that the history does not call succeeded
    | 'stale write'; // a record by a worker that was not entitled to the run
  subject: string;
  detail: string;
};

const MAKES_A_RUN: readonly VerdictWord[] = ['fired', 'late', 'caught-up', 'replayed'];

/** An attempt that ended this shortly before its worker was hit may not have been settled yet. */
const SETTLING_MS = 1_000;

export type LedgerCase = {
  job: string;
  /** All instants that the rule names from the registration to the last look, in order. */
  fireTimes: readonly number[];
  /** Entries outside the span of `fireTimes` are not judged. */
  ledger: readonly LedgerEntry[];
  /** Verdicts that the policies of the schedule may give, beside the ones that make a run. */
  excuses: readonly VerdictWord[];
};

/** Each fire time has exactly one verdict. Also answers which ones must have a run. */
export function judgeLedger({ job, fireTimes, ledger, excuses }: LedgerCase): { findings: Finding[]; fired: number[] } {
  const findings: Finding[] = [];
  const find = (rule: Finding['rule'], at: number, detail: string): void =>
    void findings.push({ rule, subject: `${job}@${String(at)}`, detail });
  const verdicts = new Map<number, VerdictWord[]>(fireTimes.map((at) => [at, []]));
  const [first = Infinity, last = -Infinity] = [fireTimes[0], fireTimes.at(-1)];
  for (const { word, from, to, count } of ledger) {
    if (to < first || from > last) continue;
    const covered = fireTimes.filter((at) => at >= from && at <= to);
    const isInside = from >= first && to <= last;
    if (isInside && covered.length !== count) find('phantom', from, `${word} over ${String(count)} fire times`);
    for (const at of covered) verdicts.get(at)?.push(word);
  }
  for (const [at, words] of verdicts) {
    if (words.length === 0) find('unaccounted', at, 'no verdict');
    if (words.length > 1) find('accounted twice', at, words.join(', '));
    const unexcused = words.filter((word) => !MAKES_A_RUN.includes(word) && !excuses.includes(word));
    if (unexcused.length > 0) find('unexcused', at, unexcused.join(', '));
  }
  const isFired = (at: number): boolean => (verdicts.get(at) ?? []).some((word) => MAKES_A_RUN.includes(word));
  return { findings, fired: fireTimes.filter(isFired) };
}

export type RunsCase = {
  /** Ids of the runs that must have ended, and the only ones that may be in the journals. */
  owed: Iterable<string>;
  lines: readonly JournalLine[];
  faults: readonly Fault[];
  /** How long after a fault its consequences may still show: the lease, the reaper's pause and the way back into a slot. */
  recoveryMs: number;
};

/** Each owed run ended, never early, and was attempted again only where a fault explains it. */
export function judgeRuns({ owed, lines, faults, recoveryMs }: RunsCase): Finding[] {
  const byRun = linesByRun(lines);
  const owedRuns = new Set(owed);
  const findings: Finding[] = [];
  for (const run of owedRuns) {
    const ended = byRun.get(run)?.some(({ event }) => event === 'end') ?? false;
    if (!ended)
      findings.push({ rule: 'lost', subject: run, detail: `${String(byRun.get(run)?.length ?? 0)} lines, no end` });
  }
  for (const [run, own] of byRun) {
    if (!owedRuns.has(run)) findings.push({ rule: 'phantom', subject: run, detail: 'nothing asked for this run' });
    const { episodes, findings: inLines } = readEpisodes(own);
    findings.push(...inLines, ...judgeEpisodes(episodes, { faults, recoveryMs }));
  }
  return findings;
}

/** One start of an attempt with the line that closed it. A run that was handed back has several of the same number. */
type Episode = { start: JournalLine; close: JournalLine | undefined };

const describe = ({ attempt, event, pid, at }: JournalLine): string =>
  `${event} of attempt ${String(attempt)} by ${String(pid)} at ${String(at)}`;
const toFinding = (rule: Finding['rule'], line: JournalLine): Finding => ({
  rule,
  subject: line.run,
  detail: describe(line),
});

/** What can be said of the lines of one run without knowing of faults. */
function readEpisodes(lines: readonly JournalLine[]): { episodes: Episode[]; findings: Finding[] } {
  const episodes: Episode[] = [];
  const findings: Finding[] = [];
  for (const line of lines) {
    if (line.event === 'start') {
      if (line.at < line.fireTime) findings.push(toFinding('early', line));
      const before = episodes.findLast(({ start }) => start.attempt === line.attempt);
      if (before && before.close?.event !== 'stopped') findings.push(toFinding('duplicate', line));
      episodes.push({ start: line, close: undefined });
    } else {
      const own = episodes.findLast(({ start }) => start.attempt === line.attempt && start.pid === line.pid);
      if (own === undefined) findings.push(toFinding('unstarted', line));
      else if (own.close) findings.push(toFinding('duplicate', line));
      else own.close = line;
    }
  }
  return { episodes, findings };
}

type Circumstances = Pick<RunsCase, 'faults' | 'recoveryMs'>;

function judgeEpisodes(episodes: readonly Episode[], { faults, recoveryMs }: Circumstances): Finding[] {
  return episodes.flatMap(({ start, close }, i) => {
    const findings: Finding[] = [];
    const isKilled = faults.some(({ kind, pid, to }) => kind === 'killed' && pid === start.pid && to >= start.at);
    if (!close && !isKilled) findings.push(toFinding('unended', start));
    if (start.attempt === 1) return findings;
    const before = episodes.slice(0, i).findLast((other) => other.start.attempt === start.attempt - 1);
    // An attempt that was lost between its claim and its handler's first line has left none.
    const since = before?.start.at ?? start.at - recoveryMs;
    const endedAt = before?.close?.event === 'end' ? before.close.at : Infinity;
    const isExplained = faults.some(
      ({ pid, from, to }) =>
        (before === undefined || pid === 'all' || pid === before.start.pid) &&
        from <= start.at &&
        to >= since &&
        endedAt >= from - SETTLING_MS,
    );
    if (!isExplained) findings.push(toFinding('unexplained', start));
    return findings;
  });
}

export type RecordsCase = {
  owed: Iterable<string>;
  records: readonly Pick<FinishedRun, 'run' | 'state' | 'worker'>[];
  lines: readonly JournalLine[];
  /** Process of each worker id. */
  pids: ReadonlyMap<string, number>;
};

/** The history holds each owed run as succeeded, written by the worker that held its last attempt. */
export function judgeRecords({ owed, records, lines, pids }: RecordsCase): Finding[] {
  const byRun = linesByRun(lines);
  const byId = new Map(records.map((record) => [record.run.id, record]));
  return [...owed].flatMap((id): Finding[] => {
    const record = byId.get(id);
    if (record === undefined) return [{ rule: 'unrecorded', subject: id, detail: 'not in the history' }];
    if (record.state !== 'succeeded') return [{ rule: 'failed', subject: id, detail: record.state }];
    const attempt = record.run.attempts + 1;
    const pid = pids.get(record.worker);
    const isEntitled = byRun
      .get(id)
      ?.some((line) => line.event === 'end' && line.attempt === attempt && line.pid === pid);
    if (isEntitled) return [];
    const detail = `recorded for attempt ${String(attempt)} by ${record.worker} (${String(pid)}), which did not end it`;
    return [{ rule: 'stale write', subject: id, detail }];
  });
}
