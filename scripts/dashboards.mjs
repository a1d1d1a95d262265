#!/usr/bin/env node
// @ts-check
import { dirname, join, relative } from 'node:path';
import { report, setUp } from './setup.mjs';

const root = dirname(import.meta.dirname);

/** Writes the dashboards and the alerts of Grafana anew from charts/grafana and the rule files of the chart. */
try {
  await setUp({ root, purpose: 'build' });
  // Only now are the packages there that it imports.
  const { createJiti } = await import('jiti');
  const generator = await createJiti(import.meta.url).import('../charts/grafana/write.ts');
  const { writeOutputs } = /** @type {typeof import('../charts/grafana/write.ts')} */ (generator);
  for (const path of writeOutputs(join(root, 'charts/belfry/files'))) console.log(relative(root, path));
} catch (error) {
  report(error);
  process.exitCode = 1;
}
