import type { QueueView } from '../client/queues.ts';
import type { EpochMs } from '../core/time/units.ts';
import { formatDistance, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { describePause } from './pause_words.ts';
import { formatTable } from './table.ts';

const HEAD = ['QUEUE', 'READY', 'LIMITED', 'WAITING', 'RETRYING', 'RUNNING', 'OLDEST READY', 'PER MIN', 'WORKERS', ''];

/** Queues, one a line; a paused one with the reason. */
export function formatQueueTable(
  views: readonly QueueView[],
  { paint, zone, now }: { paint: Paint; zone: ShownZone; now: EpochMs },
): string {
  const rows = views.map((view) => {
    const { ready, limited, waiting, retrying, running, oldestReady, endedLastMinute, workers, pause } = view;
    const counts = [ready, limited, waiting, retrying, running].map(String);
    const oldest = oldestReady === undefined ? '-' : formatDistance(Math.min(oldestReady, now), now);
    const listening = workers === 0 && ready > 0 ? paint('red', '0') : String(workers);
    return [paint('bold', view.queue), ...counts, oldest, String(endedLastMinute), listening, pauseCell(pause)];
  });
  function pauseCell(pause: QueueView['pause']): string {
    if (pause === undefined) return '';
    return paint('yellow', pause === 'unknown' ? 'paused' : `paused ${describePause(pause, zone)}`);
  }
  return formatTable(HEAD, rows, paint);
}
