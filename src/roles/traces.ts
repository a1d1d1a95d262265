import { messageOf } from '../core/errors.ts';
import { startTraceSdk } from '../runtime/open_telemetry_sdk.ts';
import type { Service } from '../runtime/service.ts';
import type { Log } from '../telemetry/log.ts';
import type { Host } from './host.ts';

/** A collector that is away must not hold a process up that is asked to end. */
const FLUSH_MS = 3_000;

/** OpenTelemetry's SDK, where the variables of the process ask for it. What it has not sent yet goes out at the stop. */
export function traceService({ env }: Pick<Host, 'env'>, log: Log): Service {
  let shutdown: () => Promise<void> = () => Promise.resolve();
  return {
    name: 'traces',
    start() {
      try {
        const sdk = startTraceSdk(env);
        if (sdk.state === 'started') {
          ({ shutdown } = sdk);
          log.debug('traces are sent by OpenTelemetry');
        } else if (sdk.state === 'missing') {
          log.warn(
            `${sdk.variable} asks for traces, and @opentelemetry/sdk-node is not installed: npm i @opentelemetry/sdk-node @opentelemetry/api`,
          );
        }
      } catch (error) {
        log.warn(`OpenTelemetry could not be started, no traces are sent: ${messageOf(error)}`);
      }
      return Promise.resolve();
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${FLUSH_MS} ms`)), FLUSH_MS);
      });
      const flushed = shutdown();
      flushed.catch(() => undefined); // also when it fails after the limit
      await Promise.race([flushed, limit]).catch((error: unknown) =>
        log.warn(`the last traces could not be sent: ${messageOf(error)}`),
      );
      clearTimeout(timer);
    },
  };
}
