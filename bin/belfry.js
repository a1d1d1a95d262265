#!/usr/bin/env node
// @ts-check
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = dirname(import.meta.dirname);

/** A clone has its sources and builds itself when they have changed; an installed package has only dist/. */
async function prepare() {
  if (!existsSync(join(root, 'src/main.ts'))) return;
  const { setUp, report } = await import('../scripts/setup.mjs');
  try {
    await setUp({ root, purpose: 'build' });
  } catch (error) {
    report(error);
    process.exit(1);
  }
}

await prepare();
await import(pathToFileURL(join(root, 'dist/main.js')).href);
