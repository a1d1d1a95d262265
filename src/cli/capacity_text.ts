import { assumptionsOf } from '../core/capacity/assumptions.ts';
import { helmValues } from '../core/capacity/helm_values.ts';
import type { CapacityRequest } from '../core/capacity/request.ts';
import type { Sizing } from '../core/capacity/sizing.ts';
import { formatDuration } from '../core/time/duration.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** The sizing as people read it. */
export function formatCapacity(request: CapacityRequest, answer: Sizing, paint: Paint): string {
  const { cells, cell, total } = answer;
  const { cpu, memory, traffic } = cell;
  const each = cells === 1 ? '' : ' in each cell';
  const rows = [
    [
      'load',
      `${formatNumber(cell.runsPerSecond * cells)} runs/s`,
      `${formatNumber(cell.peakPerSecond * cells)} at the peak`,
    ],
    ...(cells === 1 ? [] : [['cells', String(cells), 'each a release with a namespace and a Redis of its own']]),
    [
      'Redis masters',
      String(total.masters),
      `${String(cell.masters)}${each}, a shard on each; ${percent(cpu.busiestMaster)} of a core at the peak`,
    ],
    [
      'schedulers',
      String(total.schedulers),
      `${String(cell.schedulers)}${each}, one of them a spare; ${formatCores(cpu.schedulers)} together`,
    ],
    [
      'workers',
      String(total.workers),
      `${String(cell.workers)}${each} of ${String(cell.slotsPerWorker)} slots; ${formatCores(cpu.workers)} together without their handlers`,
    ],
    ['slots in use', formatNumber(total.slotsNeeded), 'at the peak, three in ten of them free'],
    [
      'memory',
      formatBytes(total.memoryBytes),
      `schedules ${formatBytes(memory.schedulesBytes * cells)}, ${formatDuration(request.backlogMs)} of backlog ${formatBytes(memory.backlogBytes * cells)}, history ${formatBytes(memory.historyBytes * cells)}`,
    ],
    ['machine', formatBytes(memory.machineBytes), 'for each master: its data twice, for rewrites of the AOF'],
    ['AOF', formatBytes(traffic.aofBytesPerDay * cells), 'written in a day, before rewrites'],
    [
      'network',
      `${formatBytes((traffic.receivedBytesPerSecond + traffic.sentBytesPerSecond) * cells)}/s`,
      `at the peak: ${formatBytes(traffic.receivedBytesPerSecond * cells)} to Redis, ${formatBytes(traffic.sentBytesPerSecond * cells)} from it`,
    ],
  ];
  const notes = assumptionsOf(request, answer).map((says) => `  - ${says}\n`);
  const values = formatValues(request, answer).replaceAll(/^(?=.)/gm, '  ');
  return `${formatTable(['WHAT', 'SO MUCH', ''], rows, paint)}\nThis holds where\n${notes.join('')}\nValues of the chart\n${values}`;
}

/** The same as `--json` answers it: sizes in bytes, CPU in cores. */
export function capacityJson(request: CapacityRequest, answer: Sizing) {
  return { request, ...answer, values: helmValues(request, answer.cell), assumptions: assumptionsOf(request, answer) };
}

/** Helm values as YAML, with a word on what is to be replaced. */
export function formatValues(request: CapacityRequest, { cells, cell }: Sizing): string {
  const which = cells === 1 ? '' : `, for each of ${String(cells)} cells with its own jobs, namespace and Redis`;
  const head = `# ${formatNumber(request.runsPerDay)} runs a day, ${formatNumber(request.schedules)} schedules${which}: by \`belfry capacity\`.\n# Put the hosts of your Redis below externalRedis.\n`;
  return head + yamlOf(helmValues(request, cell), '');
}

/** Objects, lists of text, numbers, booleans and text: all that the values are made of. */
function yamlOf(value: object, margin: string): string {
  return Object.entries(value)
    .map(([key, inner]: [string, unknown]) => {
      const isNested = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      return `${margin}${key}:${isNested ? `\n${yamlOf(inner, `${margin}  `)}` : ` ${JSON.stringify(inner)}\n`}`;
    })
    .join('');
}

/** Three digits are more than the model knows. */
export function formatNumber(value: number): string {
  const step = value >= 1_000 ? 1 : 0.1;
  return (Math.round(value / step) * step).toLocaleString('en-US', { maximumFractionDigits: 1 });
}

export function formatBytes(bytes: number): string {
  const unit = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 2 ** (10 * unit);
  return `${value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 })} ${BYTE_UNITS[unit] ?? ''}`;
}

export function formatCores(cores: number): string {
  const shown = cores.toLocaleString('en-US', { maximumFractionDigits: cores < 1 ? 2 : 1 });
  return `${shown} ${shown === '1' ? 'core' : 'cores'}`;
}

const percent = (part: number): string => `${String(Math.round(part * 100))} %`;
