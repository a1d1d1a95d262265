import type { EpochMs } from '../../src/core/time/units.ts';
import type { ModelLimit } from './admission_model.ts';

/** What happened to an attempt. `over`: and no other one follows. */
export type AdmissionEntry = {
  at: EpochMs;
  run: string;
  keys: readonly string[];
  event: 'start' | 'end' | 'over';
};

/** Where the journal breaks a limit, in words. It knows of starts and ends only, and of no algorithm. */
export function breachesOf(journal: readonly AdmissionEntry[], limits: ReadonlyMap<string, ModelLimit>): string[] {
  return [...limits].flatMap(([key, limit]) => {
    const own = journal.filter(({ keys }) => keys.includes(key));
    return [
      ...(limit.slots === undefined ? [] : crowdsOf(own, key, limit.slots)),
      ...(limit.rate === undefined ? [] : burstsOf(own, key, limit.rate)),
      ...(limit.order === undefined ? [] : overtakersOf(own, key)),
    ];
  });
}

function crowdsOf(journal: readonly AdmissionEntry[], key: string, slots: number): string[] {
  const running = new Set<string>();
  return journal.flatMap(({ at, run, event }) => {
    if (event !== 'start') {
      running.delete(run);
      return [];
    }
    if (running.has(run)) return [`${run} was started twice, the second time at ${String(at)}`];
    running.add(run);
    return running.size <= slots
      ? []
      : [`${key} has ${String(slots)} slots and ${[...running].join(', ')} run at ${String(at)}`];
  });
}

/** No half-open window of a period has more than `count` starts: the one `count` starts later is a period away at least. */
function burstsOf(
  journal: readonly AdmissionEntry[],
  key: string,
  { count, periodMs }: NonNullable<ModelLimit['rate']>,
): string[] {
  const starts = journal.flatMap(({ at, event }) => (event === 'start' ? [at] : []));
  return starts.flatMap((from, i) => {
    const next = starts[i + count] ?? Infinity;
    return next - from >= periodMs
      ? []
      : [`${key} had ${String(count + 1)} starts from ${String(from)} to ${String(next)}`];
  });
}

/** From its first start to its end, no other run of a key in order starts. */
function overtakersOf(journal: readonly AdmissionEntry[], key: string): string[] {
  let turn: string | undefined;
  return journal.flatMap(({ at, run, event }) => {
    if (event === 'over' && turn === run) turn = undefined;
    if (event !== 'start') return [];
    if (turn !== undefined && turn !== run)
      return [`${run} of ${key} was started at ${String(at)} before ${turn} was over`];
    turn = run;
    return [];
  });
}
