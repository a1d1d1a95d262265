import type { Config } from '../config.ts';
import type { PoolSettings } from '../config/pools.ts';
import { BelfryError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';

export type NamedPool = PoolSettings & { name: string };

/** The pools named, or all of the configuration when none is. Throws BAD_USAGE for an unknown one. */
export function choosePools(config: Config, names: readonly string[]): NamedPool[] {
  const known = Object.keys(config.pools);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = suggest(name, known);
    throw new BelfryError('BAD_USAGE', `no pool named ${JSON.stringify(name)} is configured`, {
      field: '--pool',
      hint:
        near === undefined
          ? `pools are set in belfry.config.json; known: ${known.join(', ')}`
          : `did you mean ${near}?`,
    });
  }
  const wanted = new Set(names.length === 0 ? known : names);
  return Object.entries(config.pools)
    .filter(([name]) => wanted.has(name))
    .map(([name, pool]) => ({ name, ...pool }));
}
