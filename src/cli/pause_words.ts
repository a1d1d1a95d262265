import type { Freeze, PauseNote } from '../core/freeze.ts';
import { plainText } from '../core/plain_text.ts';
import { formatInstant, type NamedZone, type ShownZone } from './instants.ts';

/** `since … until … by ada: maintenance of the partner` */
export function describePause({ at, by, note, until }: PauseNote, zone: ShownZone | NamedZone): string {
  return `since ${formatInstant(at, zone)}${untilOf(until, zone)} by ${plainText(by)}: ${plainText(note)}`;
}

/** `… from … until … by ada: the database moves (lifted by bob)` */
export function describeFreeze({ id, from, until, by, why, liftedBy }: Freeze, zone: ShownZone | NamedZone): string {
  const lifted = liftedBy === undefined ? '' : ` (lifted by ${plainText(liftedBy)})`;
  return `${id} from ${formatInstant(from, zone)}${untilOf(until, zone)} by ${plainText(by)}: ${plainText(why)}${lifted}`;
}

function untilOf(until: number | undefined, zone: ShownZone | NamedZone): string {
  return until === undefined ? '' : ` until ${formatInstant(until, zone)}`;
}
