/** Something that runs until it is stopped. `stop` may be called twice, and before `start`. */
export type Service = {
  name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts services in order; when one fails to start, stops those that did, in reverse order, and throws its error. */
export async function startAll(services: Service[]): Promise<void> {
  const started: Service[] = [];
  for (const service of services) {
    try {
      await service.start();
      started.push(service);
    } catch (error) {
      await stopAll(started);
      throw error;
    }
  }
}

/** Stops services in reverse order; each gets its turn even if one before it fails. Throws the first failure. */
export async function stopAll(services: Service[]): Promise<void> {
  const failures: unknown[] = [];
  for (const service of [...services].reverse()) {
    await service.stop().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
