#!/usr/bin/env node
// @ts-check
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);

/** What can be made again. `.belfry/redis` is data and `.belfry/bin` took a download: both stay. */
for (const name of ['dist', 'coverage', 'node_modules/.vite', 'node_modules/.belfry-setup', '.belfry/setup.lock']) {
  rmSync(join(root, name), { recursive: true, force: true });
}
