import { expect, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { writeRunLogs } from '../../src/telemetry/run_log_lines.ts';

test('each line of a run is one JSON object that names job, run and attempt', () => {
  const events = createEventBus();
  const lines: string[] = [];
  const end = writeRunLogs(events, (line) => lines.push(line));
  const event = {
    job: 'poll',
    run: 'poll@1',
    attempt: 2,
    at: Date.UTC(2026, 0, 2),
    level: 'warn',
    message: 'a\nb',
  } as const;
  events.emit('run.log', { ...event, fields: { msg: 'own', n: 1 } });
  events.emit('run.log', { ...event, fields: undefined });
  events.emit('run.log', { ...event, fields: { n: 1n } });
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  const said = { level: 'warn', time: '2026-01-02T00:00:00.000Z', job: 'poll', run: 'poll@1', attempt: 2, msg: 'a\nb' };
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { ...said, fields: { msg: 'own', n: 1 } },
    said,
    { ...said, fields: { unprintable: true } },
  ]);
  end();
  expect(events.heard('run.log')).toBe(false);
});
