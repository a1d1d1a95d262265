import type { Forecast } from '../core/forecast/forecast.ts';
import { clockOf, cutIntoDays, formatCount, minuteOf, type ForecastDay } from './forecast_days.ts';
import { formatLength, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

export type ChartStyle = { paint: Paint; zone: ShownZone; budget: number | undefined };

/** Half hours: with the day before them and the peak behind them a row fits 80 columns. */
const PARTS_PER_DAY = 48;
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const LABEL_WIDTH = 12;
const AXIS = ['00', '03', '06', '09', '12', '15', '18', '21']
  .map((hour) => hour.padEnd(6))
  .join('')
  .trimEnd();
const JOBS_NAMED = 3;
const JOB_WIDTH = 46;

/** Fires as one row of blocks a day, then the busiest minutes and what each pool needs; at most 80 columns wide. */
export function formatForecast(forecast: Forecast, style: ChartStyle): string {
  const { paint, zone } = style;
  const days = cutIntoDays(forecast.fires, { from: forecast.from, zone, partsPerDay: PARTS_PER_DAY });
  const max = Math.max(0, ...days.map(({ peak }) => peak));
  const title = `fires per minute: the busiest minute of each half hour (${zone === 'utc' ? 'UTC' : 'local time'})`;
  return [
    `${paint('bold', title)}\n`,
    `${' '.repeat(LABEL_WIDTH)}${paint('dim', AXIS)}\n`,
    ...days.map((day) => formatDay(day, max, style)),
    formatBusiest(forecast, style),
    formatPools(forecast, style),
  ].join('');
}

function formatDay(
  { label, parts, peak, peakAt }: ForecastDay,
  max: number,
  { paint, zone, budget }: ChartStyle,
): string {
  const blocks = parts.map((value) => {
    if (value === undefined) return ' ';
    if (value === 0) return paint('dim', '·');
    const block = BLOCKS[Math.max(1, Math.ceil((value / max) * BLOCKS.length)) - 1] ?? '█';
    return paint(budget !== undefined && value > budget ? 'red' : 'cyan', block);
  });
  const most = peak === 0 ? '' : `  ${formatCount(peak)} at ${clockOf(peakAt, zone)}`;
  return `${label.padEnd(LABEL_WIDTH)}${blocks.join('')}${most}\n`;
}

function formatBusiest({ busiest }: Forecast, { paint, zone }: ChartStyle): string {
  const rows = busiest.map(({ at, fires, jobs }) => {
    const named = jobs
      .slice(0, JOBS_NAMED)
      .map(({ job, fires: own }) => (own === 1 ? job : `${job} ${formatCount(own)}`));
    const more = jobs.length - named.length;
    return [minuteOf(at, zone), formatCount(fires), clip(named.join(', ')) + (more > 0 ? `, ${more} more` : '')];
  });
  return rows.length === 0 ? '' : `\n${formatTable(['BUSIEST MINUTE', 'FIRES', 'JOBS'], rows, paint)}`;
}

function clip(text: string): string {
  return text.length <= JOB_WIDTH ? text : `${text.slice(0, JOB_WIDTH - 1)}…`;
}

function formatPools({ pools }: Forecast, { paint, zone }: ChartStyle): string {
  const rows = pools.map(({ name, has, peak, longestWait }) => [
    name,
    paint(peak.slots > has ? 'yellow' : 'green', formatCount(peak.slots)),
    peak.slots === 0 ? '-' : minuteOf(peak.at, zone),
    String(has),
    longestWait.ms === 0 ? '-' : formatLength(longestWait.ms),
  ]);
  return rows.length === 0
    ? ''
    : `\n${formatTable(['POOL', 'SLOTS NEEDED', 'AT', 'SLOTS', 'LONGEST WAIT'], rows, paint)}`;
}
