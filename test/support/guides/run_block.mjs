// @ts-check
// Runs a block of a guide as a program of its own: node run_block.mjs FILE, with REDIS_URL set. `belfry` is what was
// built; where the block names no Redis it is the one of REDIS_URL, as a reader has one on this machine.
import { readFileSync } from 'node:fs';
import { createJiti } from 'jiti';
import * as belfry from '../../../dist/index.js';
import * as outbox from '../../../dist/outbox/index.js';
import * as testing from '../../../dist/testing/index.js';

const [file = ''] = process.argv.slice(2);
const redis = process.env['REDIS_URL'] ?? '';

/**
 * @template {{ redis?: string }} Options
 * @template Made
 * @param {(options: Options) => Made} make
 */
const near = (make) => (/** @type {Options} */ options) => make({ redis, ...options });

const virtualModules = {
  belfry: {
    ...belfry,
    createClient: near(belfry.createClient),
    createScheduler: near(belfry.createScheduler),
    createWorker: near(belfry.createWorker),
  },
  'belfry/outbox': outbox,
  'belfry/testing': testing,
};
const jiti = createJiti(file, { fsCache: false, moduleCache: false, interopDefault: false, virtualModules });
await jiti.evalModule(readFileSync(file, 'utf8'), { filename: file, async: true, forceTranspile: true });
