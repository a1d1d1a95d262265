import { says, type Deed } from './deed.ts';
import { makeDeadLetter, program, startRun, statesOf, type Scene } from './scene.ts';

const seeWork = (scene: Scene) => () => statesOf(scene, 'work');
const stateOf = (scene: Scene, id: string) => async () => (await scene.client.runs.get(id)).state;
const batchesOf = (scene: Scene) => async () => {
  const batches = await scene.client.batches.list();
  return {
    batches: batches.map(({ state, total }) => `${state} ${String(total)}`),
    work: await statesOf(scene, 'work'),
  };
};
const bulkOf = (scene: Scene) => async () =>
  (await scene.client.bulk.list()).map(({ action, state }) => `${action} ${state}`);

const MAKES_A_BATCH = program(`await client.batches.create({
  id: 'own',
  runs: [{ job: 'work' }, { job: 'work', payload: 2 }],
  callbacks: { complete: { job: 'follows' } },
});`);
const whole = { batches: ['closed 2'], work: { ready: 2 } };

async function prepareBatch(scene: Scene) {
  const { id } = await scene.client.batches.create({ runs: [{ job: 'work' }, { job: 'work' }] });
  return { call: says('batches', 'cancel', id), see: batchesOf(scene) };
}

/** What people and applications do to runs. */
export const DEEDS_TO_RUNS: readonly Deed[] = [
  {
    script: 'cancel',
    what: 'cancels a run that waits',
    async prepare(scene) {
      const id = await scene.client.enqueue('work');
      return { call: says('runs', 'cancel', id), see: stateOf(scene, id) };
    },
    done: 'cancelled',
    again: 2,
  },
  {
    script: 'ring_bell',
    what: 'tells the worker of a run that it is cancelled',
    async prepare(scene) {
      const { id } = await startRun(scene);
      const { shard, connection, key } = { ...scene.shard.shard, shard: scene.shard.shard };
      const see = async () => ({
        marked: await shard.connection.hexists(key('cancels'), id),
        told: (await connection.lrange(key('wake:worker:w'), 0, -1)).length > 0,
      });
      return { call: says('runs', 'cancel', id), see };
    },
    halfway: { marked: 1, told: false }, // the next renewal of the lease finds the mark
    done: { marked: 1, told: true },
  },
  {
    script: 'redrive',
    what: 'makes a run of a dead letter, and another one when it is asked to again',
    async prepare(scene) {
      const id = await makeDeadLetter(scene);
      const see = async () => ({
        letters: (await scene.client.deadLetters.list()).letters.length,
        ready: (await statesOf(scene, 'work'))['ready'],
      });
      return { call: says('runs', 'retry', id), see };
    },
    done: { letters: 0, ready: 1 },
    twice: { letters: 0, ready: 2 },
  },
  {
    script: 'mark_succeeded',
    what: 'marks a run as succeeded',
    async prepare(scene) {
      const id = await scene.client.enqueue('work');
      return { call: says('jobs', 'succeed', id), see: stateOf(scene, id) };
    },
    done: 'succeeded',
    again: 2,
  },
  {
    script: 'mark_succeeded',
    what: 'marks a dead letter as succeeded',
    async prepare(scene) {
      await makeDeadLetter(scene);
      const [letter] = (await scene.client.deadLetters.list()).letters;
      return { call: says('jobs', 'succeed', letter?.run.id ?? ''), see: seeWork(scene) };
    },
    done: { succeeded: 1 },
    again: 2,
  },
  {
    script: 'save_bulk',
    what: 'begins to cancel all runs of a job, and begins again when it is asked to again',
    async prepare(scene) {
      await scene.client.enqueueMany('work', [1, 2]);
      return { call: says('bulk', 'start', 'cancel', '--job', 'work'), see: bulkOf(scene) };
    },
    done: ['cancel running'],
    twice: ['cancel running', 'cancel running'],
  },
  {
    script: 'save_bulk',
    what: 'calls off a bulk operation',
    async prepare(scene) {
      const id = await scene.client.bulk.start({ action: 'cancel', filter: { job: 'work' }, by: 'ada' });
      return { call: says('bulk', 'cancel', id), see: bulkOf(scene) };
    },
    done: ['cancel cancelled'],
  },
  {
    script: 'create_batch',
    what: 'makes a batch with an own id',
    prepare: (scene) => Promise.resolve({ call: MAKES_A_BATCH, see: batchesOf(scene) }),
    done: { batches: ['open 0'], work: {} },
    end: whole,
  },
  {
    script: 'add_to_batch',
    what: 'makes a batch with an own id',
    prepare: (scene) => Promise.resolve({ call: MAKES_A_BATCH, see: batchesOf(scene) }),
    halfway: { batches: ['open 0'], work: {} },
    done: { batches: ['open 2'], work: { ready: 2 } },
    end: whole,
  },
  {
    script: 'close_batch',
    what: 'makes a batch with an own id',
    prepare: (scene) => Promise.resolve({ call: MAKES_A_BATCH, see: batchesOf(scene) }),
    halfway: { batches: ['open 2'], work: { ready: 2 } },
    done: whole,
  },
  {
    script: 'close_batch',
    what: 'cancels a batch',
    prepare: prepareBatch,
    done: { batches: ['cancelled 2'], work: { ready: 2 } },
    end: { batches: ['cancelled 2'], work: { cancelled: 2 } },
  },
  {
    script: 'cancel_batch_runs',
    what: 'cancels a batch',
    prepare: prepareBatch,
    halfway: { batches: ['cancelled 2'], work: { ready: 2 } },
    done: { batches: ['cancelled 2'], work: { cancelled: 2 } },
  },
];
