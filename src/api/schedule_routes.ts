import { Type } from 'typebox';
import { scheduleJson } from '../client/json_views.ts';
import type { ControlAnswer, ScheduleTarget } from '../client/control_schedules.ts';
import type { ScheduleEntry } from '../client/schedule_entry.ts';
import { SCHEDULE_STATES, type ScheduleView } from '../client/schedule_view.ts';
import type { SchedulesClient } from '../client/schedules.ts';
import { BelfryError } from '../core/errors.ts';
import type { Json } from '../core/job.ts';
import { quote } from '../core/quote.ts';
import type { TypedApp } from './typed_app.ts';
import { epochOf, Instant } from './instant.ts';

/** Entries of one call; a larger set goes in several. */
const MOST_ENTRIES = 10_000;
const BODY_LIMIT = 16 * 1_024 * 1_024;

const Filter = {
  job: Type.Optional(Type.String({ minLength: 1 })),
  tag: Type.Optional(Type.String({ minLength: 1 })),
  search: Type.Optional(Type.String({ minLength: 1 })),
};

const CLOSED = { additionalProperties: false };

const SaveBody = Type.Object(
  {
    mode: Type.Optional(Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('upsert')])),
    // Each entry is checked by itself, so that a bad one is answered for and the others are saved.
    schedules: Type.Array(Type.Unknown(), { maxItems: MOST_ENTRIES }),
  },
  CLOSED,
);

const ListQuery = Type.Object(
  {
    ...Filter,
    state: Type.Optional(Type.Union(SCHEDULE_STATES.map((state) => Type.Literal(state)))),
    cursor: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_ENTRIES })),
  },
  CLOSED,
);

/** Ids, or a filter that says something; an empty filter would be everything. */
const Target = {
  ids: Type.Optional(Type.Array(Type.String(), { maxItems: MOST_ENTRIES })),
  filter: Type.Optional(Type.Object(Filter, { minProperties: 1, additionalProperties: false })),
};
const By = Type.String({ minLength: 1, maxLength: 100 });
const PauseBody = Type.Object({ ...Target, by: By, note: Type.String(), until: Type.Optional(Instant) }, CLOSED);
const ResumeBody = Type.Object({ ...Target, by: By }, CLOSED);
const DeleteBody = Type.Object(Target, CLOSED);
const TriggerBody = Type.Object(
  {
    id: Type.String({ minLength: 1 }),
    payload: Type.Optional(Type.Unknown()),
    overlap: Type.Optional(Type.Union([Type.Literal('honour'), Type.Literal('override')])),
  },
  CLOSED,
);

/** /schedules: thousands per call, answered one by one. */
export function serveSchedules(app: TypedApp, schedules: SchedulesClient): void {
  app.post('/schedules', { schema: { body: SaveBody }, bodyLimit: BODY_LIMIT }, async ({ body }) => {
    const answers = await schedules.save(body.schedules as ScheduleEntry[], body.mode ?? 'upsert');
    return { counts: countsOf(answers), answers };
  });
  app.get('/schedules', { schema: { querystring: ListQuery } }, async ({ query }) => {
    const { schedules: views, cursor } = await schedules.list(query);
    return { schedules: views.map(scheduleJson), cursor: cursor ?? null };
  });
  // The id is all that follows: the names of jobs hold slashes.
  app.get('/schedules/*', { schema: { params: Type.Object({ '*': Type.String() }) } }, async ({ params }) => {
    const id = params['*'];
    const [view] = await schedules.get([id]);
    return { schedule: scheduleJson(assertFound(view, id)) };
  });
  app.post('/schedules/pause', { schema: { body: PauseBody }, bodyLimit: BODY_LIMIT }, async ({ body }) => {
    const { by, note, until } = body;
    const words = { by, note, ...(until === undefined ? {} : { until: epochOf(until, 'until') }) };
    return controlled(await schedules.pause(targetOf(body), words));
  });
  app.post('/schedules/resume', { schema: { body: ResumeBody }, bodyLimit: BODY_LIMIT }, async ({ body }) =>
    controlled(await schedules.resume(targetOf(body), { by: body.by })),
  );
  app.post('/schedules/delete', { schema: { body: DeleteBody }, bodyLimit: BODY_LIMIT }, async ({ body }) =>
    controlled(await schedules.delete(targetOf(body))),
  );
  app.post('/schedules/trigger', { schema: { body: TriggerBody } }, async ({ body }) => {
    const { id, payload, overlap = 'honour' } = body;
    return schedules.trigger(id, { overlap, ...(payload === undefined ? {} : { payload: payload as Json }) });
  });
}

function targetOf({ ids, filter }: { ids?: string[]; filter?: object }): ScheduleTarget {
  const target = ids ?? filter;
  if (target !== undefined && (ids === undefined || filter === undefined)) return target;
  throw new BelfryError('BAD_USAGE', target === undefined ? 'neither ids nor a filter is given' : 'both are given', {
    field: 'ids',
    hint: 'ids, or a filter with job, tag or search',
  });
}

function assertFound(view: ScheduleView | undefined, id: string): ScheduleView {
  if (view !== undefined) return view;
  throw new BelfryError('NOT_FOUND', `no schedule ${quote(id)}`, {
    field: 'id',
    hint: 'GET /api/v1/schedules lists them',
  });
}

function controlled(answers: readonly ControlAnswer[]) {
  return { counts: countsOf(answers), answers };
}

function countsOf(answers: readonly { answer: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { answer } of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}
