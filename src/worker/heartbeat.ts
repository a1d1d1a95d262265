import { Worker as Thread } from 'node:worker_threads';
import { entryFile } from '../runtime/entry_file.ts';
import type { FromHeartbeat, HeartbeatSetup, ToHeartbeat } from './heartbeat_messages.ts';
import type { WorkerInfo } from '../store/workers.ts';

export type Heartbeat = {
  start(): Promise<void>;
  /** What the list of workers says of it from now on; the worker is on it from the first time on. */
  describe(info: WorkerInfo): void;
  publish(code: HeartbeatSetup['code']): void;
  stop(): Promise<void>;
};

/** The main thread's side of the heartbeat thread. A thread that dies is replaced, since leases hang on it. */
export function createHeartbeat(
  setup: Omit<HeartbeatSetup, 'presence'>,
  onMessage: (message: FromHeartbeat) => void,
): Heartbeat {
  let thread: Thread | undefined;
  let stopping = false;
  let info = setup.info;
  let presence: HeartbeatSetup['presence'] = 'unlisted';
  let code = setup.code;

  const launch = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const fresh = new Thread(entryFile(import.meta.url, './heartbeat_thread.ts'), {
        workerData: { ...setup, info, presence, code } satisfies HeartbeatSetup,
      });
      thread = fresh;
      fresh.on('message', (message: FromHeartbeat) => {
        if (message.kind === 'ready') resolve();
        else onMessage(message);
      });
      fresh.on('error', (error) => {
        onMessage({ kind: 'error', error: error.message });
        reject(error);
      });
      fresh.on('exit', () => {
        if (!stopping) void launch().catch(() => undefined);
      });
    });

  const send = (message: ToHeartbeat): void => thread?.postMessage(message);

  return {
    start: launch,
    describe(next) {
      info = next;
      presence = 'listed';
      send({ kind: 'info', info });
    },
    publish(next) {
      code = next;
      send({ kind: 'code', code });
    },
    async stop() {
      stopping = true;
      const ending = thread;
      if (!ending) return;
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
      send({ kind: 'stop' });
      const timer = setTimeout(() => void ending.terminate(), 2_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
