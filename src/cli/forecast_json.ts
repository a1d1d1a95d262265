import type { Forecast } from '../core/forecast/forecast.ts';
import type { ForecastInputs } from './forecast_inputs.ts';
import { isoOf } from './instants.ts';

/** Far fewer digits than a double has, and far more than a forecast is good for. */
const DIGITS = 3;

/** A forecast as `--json` answers it. `fires`, `slots` and `waitMs` have one number a minute, from `from` on. */
export function forecastJson(
  forecast: Forecast,
  { schedules, approximations, left }: ForecastInputs,
  budget: number | undefined,
) {
  return {
    from: isoOf(forecast.from),
    minutes: forecast.minutes,
    schedules,
    total: forecast.total,
    budget: budget ?? null,
    overBudget: budget === undefined ? null : minutesOver(forecast, budget),
    busiest: forecast.busiest.map(({ at, fires, jobs }) => ({ at: isoOf(at), fires: round(fires), jobs })),
    pools: forecast.pools.map(({ name, queues, has, peak, longestWait, slots, fires, waitMs }) => ({
      name,
      queues,
      has,
      peak: { slots: peak.slots, at: isoOf(peak.at) },
      longestWait: { ms: longestWait.ms, at: isoOf(longestWait.at) },
      fires: rounded(fires),
      slots: rounded(slots),
      waitMs: rounded(waitMs),
    })),
    fires: rounded(forecast.fires),
    approximations,
    left,
  };
}

/** Minutes with more fires than the budget. */
export function minutesOver({ fires }: Forecast, budget: number): number {
  return fires.reduce((count, value) => (value > budget ? count + 1 : count), 0);
}

function rounded(values: Float64Array): number[] {
  return Array.from(values, round);
}

function round(value: number): number {
  return Number(value.toFixed(DIGITS));
}
