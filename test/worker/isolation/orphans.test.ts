import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { isAlive, jobText } from '../../support/isolated_job.ts';
import { makeJobsFolder } from '../../support/jobs_folder.ts';

const built = fileURLToPath(new URL('../../../dist/worker/isolation/run_isolated.js', import.meta.url));

/** A worker in plain Node on the built package, which runs one attempt and prints what it logs and how it ends. */
function startWorker(file: string) {
  const text = `
    import { runIsolated } from ${JSON.stringify(built)};
    const print = (line) => console.log(JSON.stringify(line));
    const context = { payload: null, attempt: 1, memory: { origin: 'r', notes: {} }, run: { id: 'r', job: 'a', queue: 'q', schedule: undefined, fireTime: 0 } };
    runIsolated({
      definition: { name: 'a', file: ${JSON.stringify(file)} },
      context,
      kind: 'process',
      signal: new AbortController().signal,
      onLog: (level, message) => print(message),
      onProgress: () => undefined,
      onEnqueue: async () => [],
      onNote: async () => undefined,
    }).then((result) => print({ result }), (error) => print({ error: error.message }));`;
  const worker = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void worker.kill('SIGKILL'));
  return { worker, lines: createInterface({ input: worker.stdout })[Symbol.asyncIterator]() };
}

test('the built package runs an isolated attempt under plain Node', async () => {
  const folder = makeJobsFolder({ 'a.ts': jobText(`return 'built';`) });
  const { lines } = startWorker(folder.file('a.ts'));
  expect(JSON.parse((await lines.next()).value as string)).toEqual({ result: 'built' });
});

test.each([
  ['waits', 'await new Promise(() => setInterval(() => {}, 1000));'],
  ['computes without a pause', 'for (;;);'],
])('no process outlives a worker that is killed while its attempt %s', async (_how, rest) => {
  const folder = makeJobsFolder({
    'a.ts': jobText(`const { spawn } = await import('node:child_process');
      const sleeper = spawn('sleep', ['600']);
      log.info(process.pid + ' ' + sleeper.pid);
      await new Promise((resolve) => setTimeout(resolve, 20));
      ${rest}`),
  });
  const { worker, lines } = startWorker(folder.file('a.ts'));
  const pids = (JSON.parse((await lines.next()).value as string) as string).split(' ').map(Number);
  expect(pids.map(isAlive)).toEqual([true, true]);
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  await eventually(() => expect(pids.map(isAlive)).toEqual([false, false]));
});
