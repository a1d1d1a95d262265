import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BelfryError } from '../core/errors.ts';
import type { SimulationReport } from '../simulation/report.ts';
import type { SimulationRequest } from '../simulation/request.ts';
import { simulate } from '../simulation/simulate.ts';
import type { Host } from './host.ts';
import { prepareEmbeddedRedis, socketTarget } from './redis.ts';

/**
 * `belfry simulate`: on a Redis of its own in a temporary folder, both gone afterwards; the configured one is not touched.
 * Throws CANCELLED when the process is asked to end meanwhile.
 */
export async function simulateJobs(request: SimulationRequest, host: Host): Promise<SimulationReport> {
  const folder = await mkdtemp(join(tmpdir(), 'belfry-simulation-'));
  const complaints: string[] = [];
  try {
    const redis = prepareEmbeddedRedis({ dataFolder: folder }, host, (level, message) => {
      if (level !== 'info') complaints.push(message);
    });
    await redis.start();
    try {
      return await simulate(request, { target: socketTarget(redis.socket()), stop: host.stop });
    } finally {
      await redis.stop();
    }
  } catch (error) {
    if (host.stop.aborted) throw new BelfryError('CANCELLED', 'the simulation was stopped before its end');
    if (complaints.length === 0) throw error;
    throw new BelfryError('REDIS_UNAVAILABLE', `the Redis of the simulation failed: ${complaints.join('; ')}`, {
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
