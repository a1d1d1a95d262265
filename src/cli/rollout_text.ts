import type { GateAnswer } from '../client/rollout.ts';
import type { Done, RolloutStatus } from '../core/rollout/progress.ts';
import { plural } from './counted.ts';
import { formatDistance } from './instants.ts';
import type { Paint } from './paint.ts';
import { formatFields, formatTable } from './table.ts';

const WORKERS = ['POOL', 'VERSION', 'CODE', 'WORKERS', 'DRAINING', 'BUSY', 'STARTED'];
const SCHEDULERS = ['SCHEDULERS OF', 'REPLICAS', 'ABLE TO LEAD'];
const SHARDS = ['SHARD', 'LEADER', 'VERSION', 'SINCE'];
const JOBS_TOLD = 20;

/** Who runs which version, in tables, and how far the newest one is. */
export function formatRollout(status: RolloutStatus, paint: Paint): string {
  const { now, version, since, state, progress } = status;
  const summary = formatFields(
    [
      ['state', paint(state === 'settled' ? 'green' : 'yellow', state.replace('-', ' '))],
      ['version', version],
      ['began', since === undefined ? undefined : formatDistance(since, now)],
      ['workers', describeDone(progress.workers)],
      ['schedulers', describeDone(progress.schedulers)],
      ['led shards', describeDone(progress.shards)],
    ],
    paint,
  );
  const tables = [
    formatTable(WORKERS, status.workers.map(workerRow(now)), paint),
    formatTable(
      SCHEDULERS,
      status.schedulers.map(({ version: of, replicas, able }) => [of, String(replicas), String(able)]),
      paint,
    ),
    formatTable(SHARDS, status.shards.map(shardRow(now, paint)), paint),
    formatDiffering(status),
  ];
  return [summary, ...tables.filter((table) => table !== '')].join('\n');
}

function describeDone({ done, all }: Done): string {
  return `${done} of ${all}${all === 0 ? '' : ` (${Math.floor((100 * done) / all)} %)`}`;
}

const workerRow =
  (now: number) =>
  (group: RolloutStatus['workers'][number]): string[] => {
    const { pool, version, code, revision, workers, draining, busy, slots, startedFrom, startedTo } = group;
    const first = formatDistance(startedFrom, now);
    const last = formatDistance(startedTo, now);
    return [
      pool,
      version,
      `${code.slice(0, 6)}${revision === undefined ? '' : `/${revision.slice(0, 6)}`}`,
      String(workers),
      String(draining),
      `${busy}/${slots}`,
      first === last ? first : `${first} to ${last}`,
    ];
  };

const shardRow =
  (now: number, paint: Paint) =>
  ({ shard, leader }: RolloutStatus['shards'][number]): string[] => {
    if (leader === undefined) return [String(shard), paint('red', 'nobody'), '-', '-'];
    const { host, pid, version, since } = leader;
    return [String(shard), `pid ${pid} on ${host}`, version ?? '?', formatDistance(since, now)];
  };

function formatDiffering({ differing }: RolloutStatus): string {
  if (differing.length === 0) return '';
  const lines = differing
    .slice(0, JOBS_TOLD)
    .map((one) => `  ${one.job}: code in ${one.with.join(', ')}; none in ${one.without.join(', ')}\n`);
  const more = differing.length > JOBS_TOLD ? `  and ${differing.length - JOBS_TOLD} more\n` : '';
  return `${plural(differing.length, 'job')} differ${differing.length === 1 ? 's' : ''} between the versions:\n${lines.join('')}${more}`;
}

/** Whether the rollout may go on, and what speaks against it. */
export function formatGate({ reasons, version, seen }: GateAnswer, paint: Paint): string {
  const of = version === undefined ? '' : ` for version ${version}`;
  const unseen = seen === 'part' ? `${paint('dim', 'there are more runs or schedules than were looked at')}\n` : '';
  if (reasons.length === 0) return `${unseen}${paint('green', 'open')}: the rollout may go on${of}\n`;
  const told = reasons.map(
    ({ check, says, hint }) => `${paint('red', check)}  ${says}\n    ${paint('dim', 'hint:')} ${hint}\n`,
  );
  return `${told.join('')}${unseen}${paint('red', 'closed')}: ${plural(reasons.length, 'reason')} against going on${of}\n`;
}
