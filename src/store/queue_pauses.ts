import type { PauseNote } from '../core/freeze.ts';
import type { Shard } from './shard.ts';

/** Pauses of queues on one shard; each shard has the same. */
export type QueuePauseStore = ReturnType<typeof createQueuePauseStore>;

export function createQueuePauseStore(shard: Shard) {
  const { connection } = shard;
  return {
    /** Nothing of the queue is claimed from now on. A queue that is paused already gets the new note. */
    async pause(queue: string, note: PauseNote): Promise<'paused' | 'changed'> {
      const args = [queue, JSON.stringify(note), note.until ?? ''];
      return (await shard.run('pause_queue', args)) as 'paused' | 'changed';
    },

    async resume(queue: string): Promise<'resumed' | 'unchanged'> {
      const resumed = (await shard.run('resume_queue', [queue])) as string[];
      return resumed.length === 0 ? 'unchanged' : 'resumed';
    },

    /** Ends the pauses whose time is over. Returns their queues. */
    async resumeEnded(): Promise<string[]> {
      return (await shard.run('resume_queue', [''])) as string[];
    },

    /** Paused queues; a note is missing where something else than Belfry has paused one. */
    async all(): Promise<Map<string, PauseNote | undefined>> {
      const [queues, notes] = await Promise.all([
        connection.smembers(shard.key('paused_queues')),
        connection.hgetall(shard.key('queue_pauses')),
      ]);
      const noteOf = (json: string | undefined) => (json === undefined ? undefined : (JSON.parse(json) as PauseNote));
      return new Map(queues.map((queue) => [queue, noteOf(notes[queue])]));
    },
  };
}
