import { Type } from 'typebox';
import type { CalendarsClient } from '../client/calendars.ts';
import { calendarJson } from '../client/json_views.ts';
import { compileCalendar } from '../core/time/calendar.ts';
import type { TypedApp } from './typed_app.ts';

const Days = Type.Array(Type.String());
// Checked further by the compiler of calendars, whose errors name the day that is wrong.
const CalendarBody = Type.Object(
  {
    dates: Type.Optional(Days),
    yearly: Type.Optional(Days),
    weekdays: Type.Optional(Type.String()),
    cron: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
const Named = { schema: { params: Type.Object({ '*': Type.String() }) } };

/** /calendars: days that schedules leave out by naming them. */
export function serveCalendars(app: TypedApp, calendars: CalendarsClient): void {
  app.get('/calendars', async () => ({
    calendars: [...(await calendars.list())].map(([name, rule]) => calendarJson(name, rule)),
  }));
  app.get('/calendars/*', Named, async ({ params }) => {
    const name = params['*'];
    return { calendar: calendarJson(name, await calendars.get(name)) };
  });
  app.put('/calendars/*', { schema: { ...Named.schema, body: CalendarBody } }, async ({ params, body }) => {
    const name = params['*'];
    const rule = compileCalendar(body);
    return { calendar: calendarJson(name, rule), ...(await calendars.save(name, rule)) };
  });
  app.delete('/calendars/*', Named, async ({ params }, reply) => {
    await calendars.delete(params['*']);
    return reply.code(204).send();
  });
}
