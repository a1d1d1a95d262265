import type { KeyLimit } from '../core/limit.ts';
import type { LimitTemplate } from '../core/limit_templates.ts';
import { formatDuration } from '../core/time/duration.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { LimitView } from './limit_view.ts';
import type { LimitPage } from './limits.ts';

// As the API and `--json` answer them: times are ISO 8601, null where there is none.

const isoOf = (at: EpochMs | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

export function limitJson(view: LimitView) {
  return {
    key: view.key,
    by: view.by,
    template: view.template ?? null,
    jobs: view.jobs,
    ...amountsJson(view.limit),
    running: view.running ?? null,
    nextStart: isoOf(view.nextStart),
    heldUntil: isoOf(view.heldUntil),
    turn: view.turn ?? null,
    waiting: view.waiting,
  };
}

export function limitPageJson({ templates, keys, more }: LimitPage) {
  return { templates: templates.map(templateJson), limits: keys.map(limitJson), more };
}

function templateJson({ template, limit, jobs }: LimitTemplate) {
  return { template, jobs, ...amountsJson(limit) };
}

function amountsJson({ rate, burst, concurrency, weight, order }: KeyLimit) {
  return {
    rate: rate === undefined ? null : `${rate.count}/${formatDuration(rate.periodMs).replaceAll(' ', '')}`,
    burst: burst ?? null,
    concurrency: concurrency ?? null,
    weight: weight ?? null,
    order: order ?? null,
  };
}
