import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ownName = {
  alias: [
    { find: /^belfry$/, replacement: here('./src/index.ts') },
    { find: /^belfry\/testing$/, replacement: here('./src/testing/index.ts') },
  ],
};

export default defineConfig({
  resolve: ownName,
  test: {
    projects: [
      {
        resolve: ownName,
        test: {
          name: 'single',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cluster/**'],
          globalSetup: ['test/support/build_once.ts'],
          setupFiles: ['test/support/offer_packages.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: ownName,
        test: {
          // Whole fleets of real processes: one file at a time, or they would judge each other's load.
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/support/build_once.ts'],
          setupFiles: ['test/support/offer_packages.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
