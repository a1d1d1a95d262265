import type { RestartPreview } from '../client/begin_restart.ts';
import { countRestart, isUntouched, type Member, type Restart } from '../core/restart/restart.ts';
import { formatInstant, formatLength, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

const SHOWN_FAILURES = 10;

const STATUS = {
  running: 'under way',
  done: 'done',
  stopped: 'stopped on failures',
  interrupted: 'interrupted',
} as const satisfies Record<Restart['status'], string>;

/** How a restart stands, what failed, and what to type to go on. */
export function formatRestart(restart: Restart, { paint, zone }: { paint: Paint; zone: ShownZone }): string {
  const { status, by, beganAt, updatedAt, members, terms, note } = restart;
  const colour = status === 'done' ? 'green' : status === 'running' ? 'bold' : 'red';
  const failed = members.filter(({ failure }) => failure !== undefined);
  const lines = [
    `${paint(colour, STATUS[status])}: ${describeCounts(restart)}`,
    `by ${by}${note === undefined ? '' : ` (${note})`}, began ${formatInstant(beganAt, zone)}, last change ${formatInstant(updatedAt, zone)}`,
    ...failed.slice(0, SHOWN_FAILURES).map((member) => `  ${describeFailure(member, terms.waitNewMs)}`),
    ...(failed.length > SHOWN_FAILURES ? [`  and ${failed.length - SHOWN_FAILURES} more`] : []),
  ];
  if (status === 'stopped' || status === 'interrupted') {
    lines.push('nobody else was told; go on with: belfry workers restart --resume');
  }
  return `${lines.join('\n')}\n`;
}

function describeCounts(restart: Pick<Restart, 'members'>): string {
  const { targets, replaced, away, failed, left } = countRestart(restart);
  if (targets === 0) return 'no worker is to be restarted';
  const more = [
    ...(away > 0 ? [`${away} away`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(left > 0 ? [`${left} not told`] : []),
  ];
  return [`${replaced} of ${targets} restarted`, ...more].join(', ');
}

function describeFailure({ workers, failure, toldAt }: Member, waitNewMs: number): string {
  const [first] = workers;
  const pools = workers.map(({ pool }) => pool).join(', ');
  const who = `worker ${first?.id ?? '?'} of pool ${pools} on ${first?.host ?? '?'}, pid ${first?.pid ?? '?'},`;
  if (failure === 'stays') return `${who} ${toldAt === undefined ? 'says nothing' : 'was told and has not left'}`;
  if (failure === 'crashes') return `${who} was replaced by workers that left again and again`;
  return `${who} is gone, and within ${formatLength(waitNewMs)} nothing came in its place`;
}

/** Tells each change of the numbers once, one line each. */
export function createProgress(say: (line: string) => void): (restart: Restart) => void {
  let last = '';
  return (restart) => {
    const line = describeCounts(restart);
    if (line !== last && restart.status === 'running') say(line);
    last = line;
  };
}

/** Who would be told, and how many of each pool at a time. */
export function formatPreview(preview: RestartPreview, paint: Paint): string {
  const { targets } = countRestart(preview);
  if (targets === 0) return 'no worker is to be restarted\n';
  const pools = preview.pools.map(({ pool, workers, targets: told, mostAway }) => [
    pool,
    String(workers),
    String(told),
    String(mostAway),
    mostAway === workers ? paint('yellow', 'nothing of it runs meanwhile') : '',
  ]);
  const members = preview.members
    .filter((member) => member.part === 'target' && isUntouched(member))
    .flatMap(({ workers }) => workers)
    .map(({ id, pool, host, pid, version, slots }) => [id, pool, host, String(pid), version, String(slots)]);
  return [
    formatTable(['POOL', 'WORKERS', 'TO RESTART', 'AT ONCE', ''], pools, paint),
    formatTable(['WORKER', 'POOL', 'HOST', 'PID', 'VERSION', 'SLOTS'], members, paint),
    'nobody was told: leave out --dry-run\n',
  ].join('\n');
}

export function previewJson({ members, pools }: RestartPreview) {
  return {
    pools,
    processes: members.map(({ process, workers, part }) => ({ process, workers, part })),
  };
}
