#!/usr/bin/env node
// @ts-check
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { report, setUp } from './setup.mjs';

const root = dirname(import.meta.dirname);

// With `exec` in package.json there is no shell between npm and the scheduler that keeps SIGTERM to itself.
try {
  await setUp({ root, purpose: 'start' });
} catch (error) {
  report(error);
  process.exit(1);
}
process.argv.splice(1, 1, join(root, 'bin/belfry.js'), 'dev');
await import(pathToFileURL(join(root, 'dist/main.js')).href);
