import { messageOf } from '../core/errors.ts';
import { createLoop, type Step } from './loop.ts';
import type { Service } from './service.ts';

export type WaitingLoopOptions = {
  name: string;
  /** The connection that the steps block on; it is theirs alone, and closing it ends a wait that is under way. */
  connection: { status: string; connect(): Promise<unknown>; disconnect(): void };
  step: Step;
  onError: (error: string) => void;
};

/** A loop whose steps wait in blocking reads on a connection of their own. */
export function createWaitingLoop({ name, connection, step, onError }: WaitingLoopOptions): Service {
  const loop = createLoop({ name, step, onError: (error) => onError(messageOf(error)) });
  return {
    name,
    async start() {
      if (connection.status === 'wait') await connection.connect().catch(() => undefined); // it reconnects by itself
      await loop.start();
    },
    async stop() {
      connection.disconnect();
      await loop.stop();
    },
  };
}
