import type { IsolationCaps } from '../../core/compile_isolation.ts';
import { BelfryError } from '../../core/errors.ts';
import { formatSize } from '../../core/size.ts';

/** What an attempt took more of than it may; the first is what it fails with. */
export type Breach = {
  error(): BelfryError | undefined;
  ofMemory(): void;
  ofOutput(): void;
};

/** `end` is called at the first breach. */
export function createBreach({ memoryBytes, outputBytes = 0 }: IsolationCaps, end: () => void): Breach {
  let first: BelfryError | undefined;
  const breach = (code: 'MEMORY_EXCEEDED' | 'OUTPUT_EXCEEDED', message: string, hint: string): void => {
    if (first !== undefined) return;
    first = new BelfryError(code, message, { hint });
    delete first.stack;
    end();
  };
  return {
    error: () => first,
    ofMemory: () =>
      breach(
        'MEMORY_EXCEEDED',
        memoryBytes === undefined
          ? 'the attempt filled its JavaScript heap'
          : `the attempt took more than its ${formatSize(memoryBytes)} of memory`,
        'raise isolation.memory in the job file, or let the handler work in smaller pieces',
      ),
    ofOutput: () =>
      breach(
        'OUTPUT_EXCEEDED',
        `the attempt printed more than its ${formatSize(outputBytes)}`,
        'raise isolation.output in the job file, or print less; what was printed up to there is in the run log',
      ),
  };
}
