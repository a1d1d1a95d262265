import { whoFires, type BusyMinute } from '../forecast/busiest.ts';
import type { ForecastEntry } from '../forecast/entry.ts';
import { forecast } from '../forecast/forecast.ts';
import type { EpochMs } from '../time/units.ts';
import type { LintFinding, SpreadProposal } from './finding.ts';
import { sayProposal } from './spread_proposal.ts';

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;
/** Crowds of different jobs that are told one by one. */
const MOST_CROWDS = 10;
const MOST_NAMED = 5;

export type BudgetQuestion = {
  entries: readonly ForecastEntry[];
  /** Fires that a minute may have. */
  budget: number;
  propose: (job: string) => SpreadProposal | undefined;
};

/**
 * Minutes of the next seven days with more fires than the budget. Those with the same jobs are one finding, where what a
 * spread adds of others is no difference.
 */
export function lintBudget({ entries, budget, propose }: BudgetQuestion, now: EpochMs): LintFinding[] {
  const { from, fires } = forecast({ entries, pools: [], from: now, minutes: WEEK_MINUTES, busiest: 0 });
  const over = [...fires.keys()].filter((minute) => (fires[minute] ?? 0) > budget);
  const minutes = whoFires(
    entries,
    over.map((minute) => from + minute * MINUTE_MS),
    from,
  );
  const crowds = new Map<string, BusyMinute[]>();
  for (const minute of minutes) {
    const jobs = minute.jobs.filter((job) => job.fires >= 1).map(({ job }) => job);
    jobs.sort();
    const crowd = crowds.get(jobs.join(' ')) ?? [];
    crowds.set(jobs.join(' '), crowd);
    crowd.push(minute);
  }
  const told = [...crowds.values()].map((crowd) => crowd.toSorted((a, b) => b.fires - a.fires || a.at - b.at));
  told.sort((a, b) => (b[0]?.fires ?? 0) - (a[0]?.fires ?? 0) || (a[0]?.at ?? 0) - (b[0]?.at ?? 0));
  return told.slice(0, MOST_CROWDS).map((crowd, i) => {
    const untold = i === MOST_CROWDS - 1 ? told.length - MOST_CROWDS : 0;
    return toFinding(crowd, { budget, propose, untold });
  });
}

type Telling = Pick<BudgetQuestion, 'budget' | 'propose'> & { untold: number };

function toFinding(crowd: BusyMinute[], { budget, propose, untold }: Telling): LintFinding {
  const [worst] = crowd as [BusyMinute];
  const proposals = worst.jobs.flatMap(({ job }) => propose(job) ?? []);
  const others = crowd.length === 1 ? '' : `; ${crowd.length - 1} more minutes of the week with the same jobs`;
  const rest = untold > 0 ? `; ${untold} more crowds are not shown` : '';
  return {
    rule: 'minute-over-budget',
    level: 'warning',
    job: undefined,
    field: undefined,
    says: `${round(worst.fires)} fires in the minute ${new Date(worst.at).toISOString().slice(0, 16)}Z, budget ${budget}: ${nameJobs(worst)}${others}${rest}`,
    hint: hintFor(proposals),
    proposals,
  };
}

function hintFor(proposals: SpreadProposal[]): string {
  if (proposals.length === 0)
    return 'none of them can be spread further: raise the budget, or let fewer jobs fire then';
  const named = proposals.slice(0, MOST_NAMED).map((proposal) => `${proposal.job}: ${sayProposal(proposal)}`);
  const more = proposals.length > MOST_NAMED ? `; and ${proposals.length - MOST_NAMED} more jobs likewise` : '';
  return named.join('; ') + more;
}

function nameJobs({ jobs }: BusyMinute): string {
  const named = jobs.slice(0, MOST_NAMED).map(({ job, fires }) => (fires === 1 ? job : `${job} (${round(fires)})`));
  const more = jobs.length > MOST_NAMED ? ` and ${jobs.length - MOST_NAMED} more` : '';
  return named.join(', ') + more;
}

function round(fires: number): number {
  return Math.round(fires * 10) / 10;
}
