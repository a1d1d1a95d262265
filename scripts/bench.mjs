#!/usr/bin/env node
// @ts-check
import { dirname } from 'node:path';
import { report, setUp } from './setup.mjs';

/** Set-up speaks on stderr: with `--json` the one object of the benchmark stays alone on stdout. */
try {
  await setUp({ root: dirname(import.meta.dirname), purpose: 'bench' });
  // Only now are the packages there that it imports.
  const { bench } = await import('../bench/main.mjs');
  await bench(process.argv.slice(2));
} catch (error) {
  report(error);
  process.exitCode = 1;
}
