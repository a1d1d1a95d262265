// @ts-check
import { parseArgs } from 'node:util';
import { bytesOfRun, bytesOfSchedule } from './cases/bytes.mjs';
import { capacity } from './cases/capacity.mjs';
import { catchUp } from './cases/catch_up.mjs';
import { cronNext, cronNextLeap } from './cases/cron_next.mjs';
import { enqueue } from './cases/enqueue.mjs';
import { fairness } from './cases/fairness.mjs';
import { fire50k, fire5k } from './cases/fire.mjs';
import { latency } from './cases/latency.mjs';
import { process as processCase, processLimited } from './cases/process.mjs';
import { rollingRestart } from './cases/rolling_restart.mjs';
import { schedules1mCreate, schedules1mLag } from './cases/schedules_1m.mjs';
import { scrape2k } from './cases/scrape_2k.mjs';
import { soak } from './cases/soak.mjs';
import { describeMachine } from './machine.mjs';
import { runCase } from './run_case.mjs';
import { printTable } from './table.mjs';

const CASES = [
  cronNext,
  cronNextLeap,
  bytesOfSchedule,
  bytesOfRun,
  latency,
  enqueue,
  processCase,
  processLimited,
  fairness,
  soak,
  fire5k,
  fire50k,
  catchUp,
  schedules1mCreate,
  schedules1mLag,
  rollingRestart,
  scrape2k,
  capacity,
];
/** What is measured when nothing is asked for, and what may be asked for beside it. */
const NAMES = CASES.filter(({ group }) => group === undefined).flatMap(({ figures }) =>
  figures.map(({ name }) => name),
);
const GROUPS = CASES.flatMap(({ group }) => group ?? []);
const DEFAULT_RUNS = 3;
/** Of the soak. */
const DEFAULT_MINUTES = 10;
const MOST_MINUTES = 1_440;
const USAGE = `usage: npm run --silent bench -- [--json] [--only NAME]... [--runs N] [--minutes N]
names: ${NAMES.join(', ')}\nonly where it is named: ${GROUPS.join(', ')}`;

/** Wrong arguments: told with the usage, and without a stack. */
class UsageError extends Error {}

/** Says what went wrong on stderr, and in the exit code: 1 for a benchmark that failed, 2 for wrong arguments. @param {string[]} argv */
export async function bench(argv) {
  // Children and servers go with this process, whatever ends it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  try {
    const { json, only, runs, minutes } = readArguments(argv);
    const machine = await describeMachine();
    const peers = { bullmq: `BullMQ ${machine.bullmq}`, 'cron-parser': `cron-parser ${machine.cronParser}` };
    const results = await measureAll({ only, runs, minutes, peers });
    if (json) process.stdout.write(`${JSON.stringify({ machine, results })}\n`);
    else printTable({ machine, results });
  } catch (error) {
    const isUsage = error instanceof UsageError;
    tell(isUsage ? `bench: ${error.message}\n${USAGE}` : `bench: ${messageOf(error)}`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

/** @param {{ only: string[], runs: number, minutes: number, peers: { bullmq: string, 'cron-parser': string } }} options */
async function measureAll({ only, runs, minutes, peers }) {
  const results = [];
  for (const one of CASES) {
    const isWhole = one.group !== undefined && only.includes(one.group);
    const figures = one.figures.filter(({ name }) => isWhole || only.includes(name));
    if (figures.length === 0) continue;
    try {
      results.push(...(await runCase({ ...one, figures }, { runs, minutes, peers, progress: tell })));
    } catch (error) {
      const names = figures.map(({ name }) => name).join(', ');
      throw new Error(`${names} could not be measured: ${messageOf(error)}`, { cause: error });
    }
  }
  return results;
}

/** Progress and failures go to stderr: with `--json` the one object stays alone on stdout. @param {string} line */
function tell(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string[]} argv */
function readArguments(argv) {
  const { json, only, runs, minutes: words } = parse(argv);
  const unknown = only.find((name) => !NAMES.includes(name) && !GROUPS.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no benchmark ${JSON.stringify(unknown)}`);
  const count = Number(runs);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`--runs is ${runs}, not a whole number from 1 on`);
  const minutes = Number(words);
  if (!(minutes > 0 && minutes <= MOST_MINUTES)) {
    throw new UsageError(`--minutes is ${words}, not a number above 0 and up to ${String(MOST_MINUTES)}`);
  }
  return { json, only: only.length === 0 ? NAMES : only, runs: count, minutes };
}

/** @param {string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: argv,
      options: {
        json: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        runs: { type: 'string', default: String(DEFAULT_RUNS) },
        minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
      },
    }).values;
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}
