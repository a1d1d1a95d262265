import type { ScheduleEntry } from '../../src/client/schedule_entry.ts';
import type { Engine } from './engine.ts';

/** A schedule that does not fire while a test looks at it. */
export const FAR = { cron: '0 3 1 1 *' };

/** An entry of the job `poll`. */
export const entry = (key: string, more: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
  job: 'poll',
  key,
  schedule: FAR,
  ...more,
});

export const words = (answers: readonly { answer: string }[]): string[] => answers.map(({ answer }) => answer);

/** Saves entries, each of which must be new. */
export async function create({ client }: Engine, ...entries: ScheduleEntry[]): Promise<void> {
  const answers = await client.schedules.save(entries, 'create');
  const other = answers.find(({ answer }) => answer !== 'created');
  if (other !== undefined) throw new Error(`not created: ${JSON.stringify(other)}`);
}
