import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertProvisioning } from './alerts.ts';
import { buildDashboard, type DashboardSpec } from './dashboard.ts';
import { FLEET } from './fleet.ts';
import { JOB } from './job.ts';
import { QUEUES } from './queues.ts';
import { SCHEDULER } from './scheduler.ts';
import { WORKERS } from './workers.ts';

/** By the name of its file. */
const DASHBOARDS: Readonly<Record<string, DashboardSpec>> = {
  fleet: FLEET,
  job: JOB,
  queues: QUEUES,
  workers: WORKERS,
  scheduler: SCHEDULER,
};

/** A file that ships with the chart; `path` is below charts/belfry/files. */
export type Output = { path: string; text: string };

/** Every file that is generated: the dashboards, and the alerts for those who let Grafana evaluate the rules in `files`. */
export function makeOutputs(files: string): Output[] {
  const dashboards = Object.entries(DASHBOARDS).map(([name, spec]) => ({
    path: `dashboards/${name}.json`,
    text: `${JSON.stringify(buildDashboard(spec), undefined, 2)}\n`,
  }));
  const rules = join(files, 'rules');
  const texts = readdirSync(rules)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => readFileSync(join(rules, name), 'utf8'));
  return [
    ...dashboards,
    { path: 'grafana-alerts/belfry.yaml', text: alertProvisioning(texts, Object.values(DASHBOARDS)) },
  ];
}
