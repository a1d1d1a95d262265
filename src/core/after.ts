import { BelfryError } from './errors.ts';
import type { AfterSpec } from './job.ts';
import { assertKnownKeys, readWord } from './known_keys.ts';
import { assertName } from './names.ts';
import { quote } from './quote.ts';
import { suggest } from './suggest.ts';

/** Which jobs a job comes after, defaults filled in. */
export type After = { jobs: string[]; need: 'all' | 'any'; on: 'success' | 'end' };

/** More parents than this are a design to talk about. */
const MOST_PARENTS = 100;

/** Reads `after` of a job file. Throws BAD_JOB naming the field. */
export function compileAfter(after: unknown): After | undefined {
  if (after === undefined) return undefined;
  const spec = Array.isArray(after)
    ? { jobs: after as readonly string[] }
    : (after as Exclude<AfterSpec, readonly string[]>);
  const site = { code: 'BAD_JOB' as const, field: 'after' };
  assertKnownKeys(spec, ['jobs', 'need', 'on'], site);
  const { jobs } = spec;
  if (!Array.isArray(jobs) || jobs.length === 0 || jobs.length > MOST_PARENTS) {
    throw new BelfryError('BAD_JOB', `after names ${Array.isArray(jobs) ? jobs.length : quote(jobs)} jobs`, {
      field: 'after.jobs',
      hint: `1 to ${MOST_PARENTS} names of jobs: after: ['partners/poll']`,
    });
  }
  const names = jobs.map((name) => assertName(name, 'after.jobs'));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new BelfryError('BAD_JOB', `after names ${twice} twice`, { field: 'after.jobs', hint: 'name it once' });
  }
  return {
    jobs: names,
    need: readWord(spec.need, ['all', 'any'], { ...site, field: 'after.need' }) ?? 'all',
    on: readWord(spec.on, ['success', 'end'], { ...site, field: 'after.on' }) ?? 'success',
  };
}

/** A job, as far as dependencies go. */
export type DependentJob = { name: string; after?: After | undefined };

export type DependencyFault = { job: string; error: BelfryError };

/**
 * What is wrong between jobs: parents that are not there, and cycles, each told for every job that is in it, with the
 * whole path. `known` are names that count as there although they are not among the jobs (files that are broken now).
 */
export function findDependencyFaults(jobs: readonly DependentJob[], known: readonly string[] = []): DependencyFault[] {
  const parentsOf = new Map(jobs.map(({ name, after }) => [name, after?.jobs ?? []]));
  const names = new Set([...parentsOf.keys(), ...known]);
  const faults: DependencyFault[] = [];
  for (const { name, after } of jobs) {
    if (after === undefined) continue;
    const missing = after.jobs.find((parent) => !names.has(parent));
    if (missing !== undefined) faults.push({ job: name, error: unknownParent(missing, names) });
    else {
      const path = findPathBack(name, parentsOf);
      if (path !== undefined) faults.push({ job: name, error: cycle(path) });
    }
  }
  return faults;
}

/** The shortest way from a job back to itself, in the order in which the jobs would fire: `a → b → a`. */
function findPathBack(start: string, parentsOf: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const childOf = new Map<string, string>();
  const queue = [start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const parent of parentsOf.get(name) ?? []) {
      if (parent === start) {
        const path = [start];
        for (let at: string | undefined = name; at !== undefined && at !== start; at = childOf.get(at)) path.push(at);
        return [...path, start];
      }
      if (childOf.has(parent)) continue;
      childOf.set(parent, name);
      queue.push(parent);
    }
  }
  return undefined;
}

function unknownParent(parent: string, names: ReadonlySet<string>): BelfryError {
  const near = suggest(parent, [...names]);
  return new BelfryError('BAD_JOB', `it comes after ${quote(parent)}, and there is no such job`, {
    field: 'after',
    hint:
      near === undefined ? 'name jobs of this folder, by their path without the extension' : `did you mean ${near}?`,
  });
}

function cycle(path: readonly string[]): BelfryError {
  return new BelfryError('BAD_JOB', `the jobs wait for each other: ${path.join(' → ')}`, {
    field: 'after',
    hint: 'take one of them out of the circle: its first run would wait for its own last one',
  });
}

/** In words: `a, b`, `any of a, b (however they end)`. */
export function describeAfter({ jobs, need, on }: After): string {
  const names = jobs.length === 1 || need === 'all' ? jobs.join(', ') : `any of ${jobs.join(', ')}`;
  return on === 'end' ? `${names} (however they end)` : names;
}
