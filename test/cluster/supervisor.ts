import type { BelfryProcess } from '../support/processes.ts';
import type { Fleet } from './fleet.ts';
import { untilSaid } from './waits.ts';

/** What systemd or a Procfile runner does: a worker that ends with 0 is started again, as whatever is deployed now. */
export type Supervisor = {
  /** Starts them, a few at a time, and waits until all are up. */
  start(count: number): Promise<void>;
  /** What is started from now on says that it is this deployment. */
  deploy(deployment: string): void;
  /** Every process that it has started, with its deployment. */
  readonly started: { process: BelfryProcess; deployment: string }[];
  /** Does not start anything again. */
  stop(): void;
};

/** Node needs a core for most of a second to start. */
const AT_ONCE = 4;

export function supervise(fleet: Fleet, first: string): Supervisor {
  const started: Supervisor['started'] = [];
  let deployment = first;
  let isOn = true;
  const launch = (): BelfryProcess => {
    const process = fleet.launch('worker', { BELFRY_DEPLOYMENT: deployment });
    started.push({ process, deployment });
    void process.whenEnded().then(({ code }) => {
      if (isOn && code === 0) launch();
    });
    return process;
  };
  return {
    started,
    async start(count) {
      for (let up = 0; up < count; up += AT_ONCE) {
        const group = Array.from({ length: Math.min(AT_ONCE, count - up) }, launch);
        await Promise.all(group.map((process) => untilSaid(process, 'ready', 0)));
      }
    },
    deploy(next) {
      deployment = next;
    },
    stop() {
      isOn = false;
    },
  };
}

/** Fewest that worked at the same time between two instants, by what they said in their logs. */
export function fewestAtWork(processes: readonly BelfryProcess[], from: number, to: number): number {
  const changes = processes.flatMap((process) => {
    const at = (event: 'worker started' | 'worker told'): number | undefined =>
      process.said.find((said) => said.event === event)?.at;
    const leftAt = at('worker told') ?? process.ended()?.at;
    return [...[at('worker started')].map((time) => ({ time, by: 1 })), { time: leftAt, by: -1 }];
  });
  const inOrder = changes
    .flatMap(({ time, by }) => (time === undefined ? [] : [{ time, by }]))
    .toSorted((one, other) => one.time - other.time || other.by - one.by);
  let working = 0;
  let fewest = Infinity;
  for (const [i, { time, by }] of inOrder.entries()) {
    working += by;
    const until = inOrder[i + 1]?.time ?? Infinity;
    if (until > from && time <= to) fewest = Math.min(fewest, working);
  }
  return fewest;
}
