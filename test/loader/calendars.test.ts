import { describe, expect, onTestFinished, test } from 'vitest';
import { loadCalendars } from '../../src/loader/calendars.ts';
import { loadJobs, type JobSet } from '../../src/loader/load.ts';
import { watchJobs } from '../../src/loader/watch.ts';
import { eventually } from '../support/eventually.ts';
import { importPackage, makeJobsFolder } from '../support/jobs_folder.ts';

const ICS = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//test//EN',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTAMP:20260101T000000Z',
  'SUMMARY:Christmas',
  'DTSTART;VALUE=DATE:20261225',
  'DTEND;VALUE=DATE:20261227',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

describe('the calendars of a jobs folder', () => {
  test('are read out of ICS and JSON files, by the names of the files', async () => {
    const { directory } = makeJobsFolder({
      '_calendars/christmas.ics': ICS,
      '_calendars/days-off.json': '{ "weekdays": "SAT,SUN", "yearly": ["01-01"] }',
      '_calendars/notes.md': 'not a calendar',
    });
    expect(await loadCalendars(directory)).toEqual({
      calendars: new Map([
        ['christmas', { d: ['2026-12-25', '2026-12-26'] }],
        ['days-off', { y: ['01-01'], w: 'SAT,SUN' }],
      ]),
      broken: [],
    });
  });

  test('are none where there is no folder', async () => {
    const { directory } = makeJobsFolder({});
    expect(await loadCalendars(directory)).toEqual({ calendars: new Map(), broken: [] });
  });

  test('are read again as they change', async () => {
    const { directory, write } = makeJobsFolder({ '_calendars/off.json': '{ "weekdays": "SAT" }' });
    const sets: JobSet[] = [];
    const watcher = await watchJobs({
      directory,
      importPackage,
      onChange: (set) => void sets.push(set),
      onError: (error) => {
        throw error;
      },
    });
    onTestFinished(() => watcher.close());
    expect(watcher.jobs.calendars).toEqual(new Map([['off', { w: 'SAT' }]]));
    write('_calendars/off.json', '{ "weekdays": "SUN" }');
    await eventually(() => expect(sets.at(-1)?.calendars).toEqual(new Map([['off', { w: 'SUN' }]])));
  });

  test('that are broken are told, and keep neither the others nor the jobs', async () => {
    const { directory } = makeJobsFolder({
      'good.ts': "import { defineJob } from 'belfry'; export default defineJob({ run: () => 1 });",
      '_calendars/a.json': '{ "weekdays": "SAT" }',
      '_calendars/a.ics': 'BEGIN:NOTHING',
      '_calendars/b.json': '{ "dates": ["2026-02-30"] }',
      '_calendars/c.json': '{',
    });
    const { jobs, calendars, broken } = await loadJobs({ directory, importPackage });
    expect(jobs.map(({ name }) => name)).toEqual(['good']);
    expect([...calendars.keys()]).toEqual(['a']);
    // In the order of the names: a.ics came first, and is no calendar, so that a.json is.
    expect(broken.map(({ name, code }) => [name, code])).toEqual([
      ['_calendars/a', 'BAD_SCHEDULE'],
      ['_calendars/b', 'BAD_SCHEDULE'],
      ['_calendars/c', 'BAD_SCHEDULE'],
    ]);
    for (const { where, reason, hint } of broken) {
      expect(where).toContain('_calendars/');
      expect(reason).not.toBe('');
      expect(hint).not.toBe('');
    }
  });
});
