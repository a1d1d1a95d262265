import { BelfryError } from './errors.ts';
import type { Isolation, IsolationSpec } from './job.ts';
import { assertKnownKeys, readWord } from './known_keys.ts';
import { quote } from './quote.ts';
import { formatSize, readSize } from './size.ts';

/** What an isolated attempt may take; undefined for no cap. */
export type IsolationCaps = {
  readonly memoryBytes?: number;
  /** Beyond it the attempt is killed. */
  readonly outputBytes?: number;
};

const ISOLATIONS: readonly Isolation[] = ['inline', 'thread', 'process'];
const MIB = 1_048_576;

/** Below this the runtime itself does not fit: Node takes about 50 MiB, and compiling a TypeScript file some more. */
const LEAST_MEMORY = { thread: 32 * MIB, process: 96 * MIB };
const MOST_MEMORY = 1_048_576 * MIB;
const LEAST_OUTPUT = 1_024;
const MOST_OUTPUT = 64 * MIB;

/** Throws BAD_JOB naming the field. `file` is the job's own file: a thread or process loads it again. */
export function compileIsolation(
  spec: IsolationSpec | undefined,
  file: string | undefined,
): { isolation: Isolation; isolationCaps: IsolationCaps } {
  const site = { code: 'BAD_JOB', field: 'isolation' } as const;
  if (typeof spec !== 'object' || spec === null) {
    return { isolation: readKind(readWord(spec, ISOLATIONS, site) ?? 'inline', file), isolationCaps: {} };
  }
  assertKnownKeys(spec, ['type', 'memory', 'output'], site);
  const isolation = readWord(spec.type, ['thread', 'process'] as const, { ...site, field: 'isolation.type' });
  if (isolation === undefined) {
    throw new BelfryError('BAD_JOB', 'isolation.type is missing', {
      field: 'isolation.type',
      hint: 'thread or process; inside the worker (inline) nothing can be capped',
    });
  }
  const memory = { field: 'isolation.memory', least: LEAST_MEMORY[isolation], most: MOST_MEMORY };
  const output = { field: 'isolation.output', least: LEAST_OUTPUT, most: MOST_OUTPUT };
  return {
    isolation: readKind(isolation, file),
    isolationCaps: {
      ...(spec.memory === undefined ? {} : { memoryBytes: compileSize(spec.memory, memory) }),
      ...(spec.output === undefined ? {} : { outputBytes: compileSize(spec.output, output) }),
    },
  };
}

/** Isolation as a person reads it: `process, memory 256MiB, output 1MiB`. */
export function describeIsolation(isolation: Isolation, { memoryBytes, outputBytes }: IsolationCaps = {}): string {
  return [
    isolation,
    ...(memoryBytes === undefined ? [] : [`memory ${formatSize(memoryBytes)}`]),
    ...(outputBytes === undefined ? [] : [`output ${formatSize(outputBytes)}`]),
  ].join(', ');
}

/** A thread or a child process starts empty and loads the job again, so there must be a file to load it from. */
function readKind(isolation: Isolation, file: string | undefined): Isolation {
  if (isolation === 'inline' || file !== undefined) return isolation;
  throw new BelfryError('BAD_JOB', `isolation ${isolation} needs a job file, and this job was handed over in code`, {
    field: 'isolation',
    hint: 'put the job into a file of the jobs folder, or use isolation inline',
  });
}

function compileSize(value: unknown, { field, least, most }: { field: string; least: number; most: number }): number {
  const bytes = readSize(value);
  if (bytes >= least && bytes <= most) return bytes;
  throw new BelfryError('BAD_JOB', `${field} is ${quote(value)}`, {
    field,
    hint: `a size from ${formatSize(least)} to ${formatSize(most)}, such as 256MiB`,
  });
}
