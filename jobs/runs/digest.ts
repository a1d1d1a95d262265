import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { defineJob, NonRetryableError } from 'belfry';
import { dataPath, writeWhole } from '../_lib/data.ts';

type Payload = { since?: string } | null;
type DeadRun = { id: string; job: string; error: string };

const RUNS_SHOWN = 5;

export default defineJob<Payload>({
  description: 'Digest of the runs that died in the last day, as a page in the data folder',
  owner: 'belfry',
  schedule: { cron: '0 7 * * *', timezone: Intl.DateTimeFormat().resolvedOptions().timeZone },
  timeout: '2m',
  slo: { lag: '10m' },
  payload: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { since: { type: 'string', description: 'How far to look back, such as 24h' } },
  },
  async run({ payload, run, log, signal }) {
    const since = payload?.since ?? '24h';
    const dead = await listDeadRuns(since, signal);
    const byJob = groupByJob(dead);
    const counts = Object.fromEntries([...byJob].map(([job, runs]) => [job, runs.length]));
    const date = new Date(run.fireTime).toISOString().slice(0, 10);
    const file = dataPath('digests', `${date}.md`);
    await writeWhole(file, writeDigest(byJob, { date, since }));
    if (dead.length > 0) log.warn(`${dead.length} runs died in the last ${since}`, counts);
    return { since, total: dead.length, counts, file };
  },
});

/** Asks Belfry's own command line, which knows the shards and how to reach them. */
async function listDeadRuns(since: string, signal: AbortSignal): Promise<DeadRun[]> {
  const bin = process.env['BELFRY_BIN'];
  if (bin === undefined) {
    throw new NonRetryableError('BELFRY_BIN is not set', {
      hint: 'belfry sets it for its jobs: run this one through belfry',
    });
  }
  const words = [bin, 'runs', 'list', '--state', 'dead', '--since', since, '--limit', '10000', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, words, { signal, maxBuffer: 256 * 1024 * 1024 });
  const answer = JSON.parse(stdout) as unknown;
  const runs = Array.isArray(answer) ? answer : (answer as { runs?: unknown }).runs;
  if (!Array.isArray(runs)) throw new Error('`belfry runs list --json` did not answer a list of runs');
  return runs.map((run) => readRun(run as Record<string, unknown>));
}

function readRun({ id, job, error }: Record<string, unknown>): DeadRun {
  const message = typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : error;
  return { id: String(id), job: String(job), error: typeof message === 'string' ? message : 'no error was kept' };
}

/** Most deaths first. */
function groupByJob(runs: DeadRun[]): Map<string, DeadRun[]> {
  const groups = new Map<string, DeadRun[]>();
  for (const run of runs) groups.set(run.job, [...(groups.get(run.job) ?? []), run]);
  return new Map([...groups].toSorted(([, a], [, b]) => b.length - a.length));
}

function writeDigest(byJob: Map<string, DeadRun[]>, { date, since }: { date: string; since: string }): string {
  const total = [...byJob.values()].reduce((sum, runs) => sum + runs.length, 0);
  const head = `# Dead runs of ${date}\n\n${total} in the ${since} before.\n`;
  if (total === 0) return head;
  const rows = [...byJob].map(([job, runs]) => `| ${job} | ${runs.length} |`);
  const sections = [...byJob].map(([job, runs]) => {
    const shown = runs.slice(0, RUNS_SHOWN).map(({ id, error }) => `- \`${id}\`: ${error.split('\n', 1)[0]}`);
    const more = runs.length > RUNS_SHOWN ? [`- and ${runs.length - RUNS_SHOWN} more`] : [];
    return [`\n## ${job}\n`, ...shown, ...more].join('\n');
  });
  return `${head}\n| job | dead |\n|---|---|\n${rows.join('\n')}\n${sections.join('\n')}\n`;
}
