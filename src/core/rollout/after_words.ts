import type { JobRecord } from '../job_record.ts';

/** `all of extract, load, when they succeed` */
export function describeAfter({ jobs, need, on }: NonNullable<JobRecord['after']>): string {
  const which = jobs.length === 1 ? (jobs[0] ?? '') : `${need} of ${jobs.join(', ')}`;
  return `${which}, when ${jobs.length === 1 ? 'it' : 'they'} ${on === 'end' ? 'end' : 'succeed'}${jobs.length === 1 ? 's' : ''}`;
}
