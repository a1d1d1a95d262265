/**
 * A job's own schedule has the job's name as its id; each further one is `<job>:<key>`, so that an id alone tells the job
 * and its shard. Names of jobs hold no colon (see names.ts).
 */
export function jobOf(scheduleId: string): string {
  const colon = scheduleId.indexOf(':');
  return colon < 0 ? scheduleId : scheduleId.slice(0, colon);
}

/** Id of a schedule that the API keeps for a job. */
export function scheduleIdOf(job: string, key: string): string {
  return `${job}:${key}`;
}
