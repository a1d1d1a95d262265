import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatBytes, formatCores, formatNumber } from '../../src/cli/capacity_text.ts';
import { CAPACITY_DEFAULTS, type CapacityRequest } from '../../src/core/capacity/request.ts';
import { sizing } from '../../src/core/capacity/sizing.ts';
import { checkedPoints, naturalWaitMs } from './capacity_check.ts';

/** The committed answer of the benchmark, as scripts/capacity.mjs writes it. */
export type MeasuredFile = {
  command: string;
  machine: Record<string, string | number>;
  figures: Record<string, { unit: string; median: number; min: number; max: number }>;
};

const MILLION = 1e6;
/** What the page sizes: runs a day, as the command takes it, and schedules. */
const SIZED = [
  { runs: '1M', runsPerDay: MILLION },
  { runs: '100M', runsPerDay: 100 * MILLION },
  { runs: '1G', runsPerDay: 1_000 * MILLION },
  { runs: '10G', runsPerDay: 10_000 * MILLION },
].flatMap((one) => [
  { ...one, schedules: '0', count: 0 },
  { ...one, schedules: '1M', count: MILLION },
]);

export function readMeasured(): MeasuredFile {
  return JSON.parse(
    readFileSync(fileURLToPath(new URL('../../docs/capacity.json', import.meta.url)), 'utf8'),
  ) as MeasuredFile;
}

/** The page with its tables as they must be: each between `<!-- table NAME -->` and `<!-- end -->`. */
export function fillTables(page: string): string {
  const tables: Readonly<Record<string, () => string>> = { measured, check, sizes };
  return page.replaceAll(/<!-- table (\w+) -->\n[^]*?<!-- end -->/g, (whole, name: string) => {
    const table = tables[name];
    return table === undefined ? whole : `<!-- table ${name} -->\n\n${table()}\n\n<!-- end -->`;
  });
}

function measured(): string {
  const { command, machine, figures } = readMeasured();
  const about = Object.entries(machine).map(([key, value]) => `${key} ${String(value)}`);
  const rows = Object.entries(figures).map(([name, { unit, median, min, max }]) => [
    `\`${name}\``,
    unit,
    median.toLocaleString('en-US'),
    min === max ? '' : `${min.toLocaleString('en-US')} … ${max.toLocaleString('en-US')}`,
  ]);
  return `\`${command}\`: ${about.join(' · ')}\n\n${tableOf(['figure', 'unit', 'median', 'range'], rows)}`;
}

function check(): string {
  const rows = checkedPoints().map(({ what, measuredUs, modelUs }) => [
    what,
    measuredUs.toFixed(1),
    modelUs.toFixed(1),
    (modelUs / measuredUs).toFixed(2),
  ]);
  const fitted = `The wait that was fitted: ${naturalWaitMs().toFixed(1)} ms.`;
  return `${fitted}\n\n${tableOf(['µs of Redis for a run', 'measured', 'model', 'model ÷ measured'], rows)}`;
}

function sizes(): string {
  const rows = SIZED.map(({ runs, runsPerDay, schedules, count }) => {
    const request: CapacityRequest = { ...CAPACITY_DEFAULTS, runsPerDay, schedules: count };
    const { cells, cell, total } = sizing(request);
    const { memory, traffic } = cell;
    return [
      runs,
      schedules,
      formatNumber(cell.peakPerSecond * cells),
      String(cells),
      `${String(total.masters)} × ${Math.round(cell.cpu.busiestMaster * 100)} %`,
      String(total.schedulers),
      `${String(total.workers)} × ${String(cell.slotsPerWorker)}`,
      formatCores(cell.cpu.workers * cells),
      formatBytes(total.memoryBytes),
      formatBytes(memory.machineBytes),
      formatBytes(traffic.aofBytesPerDay * cells),
      `${formatBytes((traffic.receivedBytesPerSecond + traffic.sentBytesPerSecond) * cells)}/s`,
    ];
  });
  const heads = [
    'runs a day',
    'schedules',
    'runs/s at the peak',
    'cells',
    'masters × core',
    'schedulers',
    'workers × slots',
  ];
  return tableOf([...heads, 'CPU of workers', 'data', 'machine of a master', 'AOF a day', 'network'], rows);
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
