export type EventuallyOptions = {
  /** How long the assertion may take to hold. Default 5 s. */
  timeoutMs?: number;
  /** Pause between two looks. Default 10 ms. */
  everyMs?: number;
};

/**
 * Repeats `assertion` until it stops throwing and returns its answer; after `timeoutMs` its last error is thrown.
 * It waits for a condition, so a fast machine loses no time and a slow one is not judged by a fixed sleep.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 5_000, everyMs = 10 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() >= deadline) throw withPatience(error, timeoutMs);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

function withPatience(error: unknown, timeoutMs: number): Error {
  const failure = error instanceof Error ? error : new Error(String(error));
  failure.message = `${failure.message}\n(still so after ${String(timeoutMs)} ms)`;
  return failure;
}
