import type { Forecast, PoolForecast } from '../core/forecast/forecast.ts';
import { cutIntoDays, dayStarts, formatCount, minuteOf, type ForecastDay } from './forecast_days.ts';
import { SVG_STYLE } from './forecast_svg_style.ts';
import { formatLength, type ShownZone } from './instants.ts';

type Style = { zone: ShownZone; budget: number | undefined };

/** A part of the picture: its elements, and how high it is. */
type Block = { svg: string; height: number };

const WIDTH = 960;
const MARGIN = 28;
const INNER = WIDTH - 2 * MARGIN;
/** Ten minutes each. */
const PARTS_PER_DAY = 144;
const DAY_LABEL = 84;
const PEAK_LABEL = 56;
const CELL = (INNER - DAY_LABEL - PEAK_LABEL) / PARTS_PER_DAY;
const ROW = 22;
const SHADES = 6;
const POOL_TOP = 26;
const POOL_HEIGHT = 64;
const MOST_TICKS = 8;
const TICK_LABEL = 70;
const JOBS_NAMED = 5;
const LINE_CHARACTERS = 92;

/** The forecast as one SVG file that needs nothing else, readable on a light and on a dark page. */
export function drawForecast(forecast: Forecast, style: Style): string {
  const blocks = [
    drawTitle(forecast, style),
    drawHeat(forecast, style),
    ...forecast.pools.map((pool) => drawPool(pool, forecast, style)),
    drawBusiest(forecast, style),
  ];
  let y = MARGIN;
  const placed = blocks.map(({ svg, height }) => {
    const group = `<g transform="translate(${MARGIN} ${y})">${svg}</g>`;
    y += height;
    return group;
  });
  const height = y + MARGIN / 2;
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Fires per minute and slots needed">`,
    `<style>${SVG_STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>`,
    ...placed,
    '</svg>\n',
  ].join('\n');
}

function drawTitle({ fires, from, minutes, total }: Forecast, { zone }: Style): Block {
  const peak = Math.max(0, ...fires);
  const days = minutes / 1_440;
  const span = `${days} day${days === 1 ? '' : 's'} from ${minuteOf(from, zone)}, ${zone === 'utc' ? 'UTC' : 'local time'}`;
  const sums = `${formatCount(total)} fires, ${formatCount(peak)} in the busiest minute`;
  return { svg: text(0, 16, 'Fires per minute', 'title') + text(0, 38, `${span}; ${sums}`, 'quiet'), height: 64 };
}

function drawHeat(forecast: Forecast, style: Style): Block {
  const { zone, budget } = style;
  const days = cutIntoDays(forecast.fires, { from: forecast.from, zone, partsPerDay: PARTS_PER_DAY });
  const max = Math.max(0, ...days.map(({ peak }) => peak));
  const hours = [0, 3, 6, 9, 12, 15, 18, 21].map((hour) =>
    text(DAY_LABEL + hour * 6 * CELL, 10, `${String(hour).padStart(2, '0')}:00`, 'quiet small'),
  );
  const rows = days.map((day, i) => drawDay(day, { top: 18 + i * (ROW + 3), max, budget }));
  const top = 18 + days.length * (ROW + 3) + 12;
  const legend = drawLegend(max, budget, top);
  return { svg: [...hours, ...rows, legend].join('\n'), height: top + 40 };
}

type RowPlace = { top: number; max: number; budget: number | undefined };

/** Neighbouring parts of one shade are one rectangle. */
function drawDay({ label, parts, peak }: ForecastDay, { top, max, budget }: RowPlace): string {
  const cells: string[] = [];
  let start = 0;
  for (let i = 1; i <= parts.length; i += 1) {
    const shade = shadeOf(parts[start], max, budget);
    if (i < parts.length && shadeOf(parts[i], max, budget) === shade) continue;
    if (shade !== undefined) {
      const x = DAY_LABEL + start * CELL;
      cells.push(
        `<rect class="${shade}" x="${round(x)}" y="${top}" width="${round((i - start) * CELL)}" height="${ROW}"/>`,
      );
    }
    start = i;
  }
  const most = peak === 0 ? '' : text(INNER, top + 15, formatCount(peak), 'ink small end');
  return text(0, top + 15, label, 'ink small') + cells.join('') + most;
}

function shadeOf(value: number | undefined, max: number, budget: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (budget !== undefined && value > budget) return 'over';
  return value === 0 ? 's0' : `s${Math.max(1, Math.ceil((value / max) * SHADES))}`;
}

function drawLegend(max: number, budget: number | undefined, top: number): string {
  const step = 82;
  const shades = Array.from({ length: SHADES + 1 }, (_, i) => ({
    shade: `s${i}`,
    says: i === 0 ? '0' : `≤ ${formatCount((max * i) / SHADES)}`,
  }));
  if (budget !== undefined) shades.push({ shade: 'over', says: `over ${formatCount(budget)}` });
  return shades
    .map(({ shade, says }, i) => {
      const x = DAY_LABEL + i * step;
      return `<rect class="${shade}" x="${x}" y="${top}" width="14" height="14" rx="2"/>${text(x + 19, top + 11, says, 'quiet small')}`;
    })
    .join('');
}

/** Slots that are needed, as an area over the whole span, against the dashed line of those there are. */
function drawPool({ name, has, peak, longestWait, slots }: PoolForecast, forecast: Forecast, { zone }: Style): Block {
  const scale = Math.max(1, peak.slots, has);
  const y = (value: number): number => round(POOL_TOP + POOL_HEIGHT * (1 - value / scale));
  const wait = longestWait.ms === 0 ? '' : `; the last of them waits ${formatLength(longestWait.ms)}`;
  const need =
    peak.slots === 0
      ? 'nothing to do'
      : `${formatCount(peak.slots)} slots needed at most (${minuteOf(peak.at, zone)}), ${formatCount(has)} there (dashed)${wait}`;
  return {
    svg: [
      text(0, 12, `pool ${name}`, 'ink strong'),
      text(INNER, 12, need, 'quiet small end'),
      `<path class="area" d="M0 ${y(0)}${stepsOf(slots, y)}V${y(0)}Z"/>`,
      `<line class="rule" x1="0" x2="${INNER}" y1="${y(0)}" y2="${y(0)}"/>`,
      `<line class="has" x1="0" x2="${INNER}" y1="${y(has)}" y2="${y(has)}"/>`,
      drawDayTicks(forecast, zone, y(0)),
    ].join(''),
    height: POOL_TOP + POOL_HEIGHT + 52,
  };
}

/** The most of each pixel's minutes, as steps of a path. */
function stepsOf(slots: Float64Array, y: (value: number) => number): string {
  const columns = Math.min(INNER, slots.length);
  const steps: string[] = [];
  for (let column = 0; column < columns; column += 1) {
    const first = Math.floor((column * slots.length) / columns);
    const end = Math.max(first + 1, Math.floor(((column + 1) * slots.length) / columns));
    const most = slots.subarray(first, end).reduce((max, value) => Math.max(max, value), 0);
    steps.push(`L${round((column * INNER) / columns)} ${y(most)}H${round(((column + 1) * INNER) / columns)}`);
  }
  return steps.join('');
}

function drawDayTicks(forecast: Forecast, zone: ShownZone, bottom: number): string {
  const days = dayStarts(forecast, zone);
  const everySo = Math.ceil(days.length / MOST_TICKS);
  return days
    .filter((day, i) => i % everySo === 0 && (day.minute > 0 || days[1] === undefined || days[1].minute > 600))
    .map(({ label, minute }) => {
      const x = round((minute * INNER) / forecast.minutes);
      const tick = `<line class="rule" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 6}"/>`;
      return tick + (x + TICK_LABEL > INNER ? '' : text(x + 4, bottom + 16, label, 'quiet small'));
    })
    .join('');
}

function drawBusiest({ busiest }: Forecast, { zone }: Style): Block {
  if (busiest.length === 0) return { svg: '', height: 0 };
  const lines = busiest.map(({ at, fires, jobs }, i) => {
    const named = jobs
      .slice(0, JOBS_NAMED)
      .map(({ job, fires: own }) => (own === 1 ? job : `${job} ${formatCount(own)}`));
    const more = jobs.length > named.length ? ` and ${jobs.length - named.length} more` : '';
    const y = 34 + i * 20;
    return (
      text(0, y, minuteOf(at, zone), 'ink small') +
      text(150, y, formatCount(fires), 'ink small end') +
      text(166, y, clip(named.join(', ')) + more, 'quiet small')
    );
  });
  return { svg: text(0, 12, 'busiest minutes', 'ink strong') + lines.join(''), height: 34 + busiest.length * 20 };
}

function clip(words: string): string {
  return words.length <= LINE_CHARACTERS ? words : `${words.slice(0, LINE_CHARACTERS - 1)}…`;
}

function text(x: number, y: number, words: string, look: string): string {
  return `<text class="${look}" x="${round(x)}" y="${y}">${escapeXml(words)}</text>`;
}

function escapeXml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
