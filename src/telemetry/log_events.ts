import type { EventBus } from '../core/events.ts';
import type { Clock } from '../core/time/units.ts';
import { EVENT_LINES, type Audience, type EventLine, type ToldEvent } from './event_lines.ts';
import type { Log } from './log.ts';

const REPEAT_MS = 30_000;
/** Distinct repeating lines that are remembered; beyond it all are told anew. */
const MAX_REMEMBERED = 1_000;

/** Writes the events of the process to its log. Returns how to end that. */
export function logEvents(
  events: EventBus,
  log: Log,
  { audience, clock, leaveOut = [] }: { audience: Audience; clock: Clock; leaveOut?: readonly ToldEvent[] },
): () => void {
  const isRepeat = createRepeatFilter(clock);
  const ends = (Object.keys(EVENT_LINES) as ToldEvent[]).flatMap((name) =>
    isHearable(name, { log, audience }) && !leaveOut.includes(name) ? [listen(name)] : [],
  );

  function listen(name: ToldEvent): () => void {
    // The table pairs each name with lines for its event; the compiler cannot follow a name that is not known here.
    const { level, says, fields, repeats } = EVENT_LINES[name] as EventLine<unknown>;
    return events.on(name, (event) => {
      const at = level(event, audience);
      if (at === 'silent' || !log.isLevelEnabled(at)) return;
      const text = says(event);
      if (repeats === true && isRepeat(text)) return;
      log[at](fields?.(event) ?? {}, text);
    });
  }
  return () => {
    for (const end of ends) end();
  };
}

/** A listener on each run costs the hot path something even when it says nothing; these say nothing in production. */
const PER_RUN: readonly ToldEvent[] = ['run.started', 'run.log'];

function isHearable(name: ToldEvent, { log, audience }: { log: Log; audience: Audience }): boolean {
  if (!PER_RUN.includes(name)) return true;
  return log.isLevelEnabled('debug') || (audience === 'developer' && name === 'run.log');
}

function createRepeatFilter(clock: Clock): (text: string) => boolean {
  const told = new Map<string, number>();
  return (text) => {
    const now = clock.monotonic();
    if (now - (told.get(text) ?? -Infinity) < REPEAT_MS) return true;
    if (told.size >= MAX_REMEMBERED) told.clear();
    told.set(text, now);
    return false;
  };
}
