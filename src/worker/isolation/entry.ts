import { fileURLToPath } from 'node:url';
import { resultIsNotJson } from '../../core/errors.ts';
import type { Json } from '../../core/job.ts';
import { loadJob } from '../../loader/load.ts';
import { createAttemptContext } from './attempt_context.ts';
import type { AttemptOrder, FromAttempt, ToAttempt } from './messages.ts';
import { exitWhenWritten, type Channel } from './own_process.ts';
import { fromWire, toWire } from './wire_error.ts';

/** This package's index in the build, which is where this file runs from. */
const INDEX = fileURLToPath(new URL('../../index.js', import.meta.url));

/** Runs the one attempt that the parent orders over the channel, reports how it ended, and ends this thread or process. */
export function serveAttempt(channel: Channel): void {
  const send = (message: FromAttempt): Promise<void> => channel.send(message);
  const abort = new AbortController();
  const context = createAttemptContext({ send: (message) => void send(message), signal: abort.signal });

  channel.onMessage((received) => {
    const message = received as ToAttempt;
    if (message.type === 'abort') abort.abort(fromWire(message.reason));
    else if (message.type === 'start') void runOnce(message.order);
    else context.settle(message);
  });

  const runOnce = async (order: AttemptOrder): Promise<void> => {
    const outcome = await attempt(order, context);
    await context.flush();
    await send(outcome);
    await exitWhenWritten();
  };
}

type Context = Pick<ReturnType<typeof createAttemptContext>, 'complete' | 'resultOf'>;

async function attempt(order: AttemptOrder, { complete, resultOf }: Context): Promise<FromAttempt> {
  try {
    const definition = await loadJob(order.job, { importPackage: INDEX, cacheDirectory: order.cacheDirectory });
    const context = complete(order);
    const result =
      order.gathered === undefined
        ? definition.run(context)
        : definition.gather?.(Object.assign(context, order.gathered, { resultOf }));
    return { type: 'succeeded', result: toJson(await result) };
  } catch (error) {
    return { type: 'failed', error: toWire(error) };
  }
}

/** What a handler returned, as JSON keeps it; nothing returned is null. */
function toJson(result: unknown): Json {
  try {
    return JSON.parse(JSON.stringify(result) ?? 'null') as Json;
  } catch (error) {
    throw resultIsNotJson(error);
  }
}
