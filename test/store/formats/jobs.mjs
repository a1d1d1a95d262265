// @ts-check

/** What the handlers of the dumped namespace do; `hangs` never ends, so that its runs are dumped while they run. */
const ok = () => 'done';
const fails = () => {
  const error = new Error('not today');
  error.stack = 'Error: not today'; // the one there is names places of the machine that the dump was made on
  throw error;
};
const hangs = () => new Promise(() => {});
const LATER = { type: 'fixed', initial: '20h', max: '20h', jitter: 'none' };

/** Jobs that every release since format 0 knows. @returns {Record<string, any>} */
export const OLD_JOBS = () => ({
  quick: { run: ok },
  dies: { retry: { attempts: 1 }, run: fails },
  retries: { retry: { attempts: 3, backoff: LATER }, run: fails },
  hangs: { run: hangs },
  unserved: { queue: 'nobody', run: ok },
  limited: { limits: [{ rate: '1/20h' }], run: ok },
  tick: { schedule: { every: '1s', overlap: 'allow' }, run: ok },
  daily: { schedule: { cron: '0 9 * * *', timezone: 'Europe/Berlin', jitter: '10m', except: 'holidays' }, run: ok },
  paused: { schedule: { every: '1h' }, run: ok },
});

/** Those that need format 1. @returns {Record<string, any>} */
export const NEW_JOBS = () => ({
  narrow: { limits: [{ key: 'partner:{partner}', concurrency: 1 }], run: hangs },
  parent: {
    run: async (/** @type {any} */ { spawn }) => void (await spawn('unserved', 'child')),
    gather: ok,
  },
  load: { after: { jobs: ['quick', 'unserved'], need: 'all' }, run: ok },
  notes: {
    run: async (/** @type {any} */ { checkpoint, progress, log }) => {
      await checkpoint({ at: 3 });
      progress(0.5);
      log.info('half way');
      await hangs();
    },
  },
});
