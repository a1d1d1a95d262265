import type { Freeze, PauseNote } from '../core/freeze.ts';
import { plainText } from '../core/plain_text.ts';
import { formatInstant, type ShownZone } from './instants.ts';

/** `since … until … by ada: maintenance of the partner` */
export function describePause({ at, by, note, until }: PauseNote, zone: ShownZone): string {
  return `since ${formatInstant(at, zone)}${untilOf(until, zone)} by ${plainText(by)}: ${plainText(note)}`;
}

export function describeFreeze({ id, from, until, by, why }: Freeze, zone: ShownZone): string {
  return `${id} from ${formatInstant(from, zone)}${untilOf(until, zone)} by ${plainText(by)}: ${plainText(why)}`;
}

function untilOf(until: number | undefined, zone: ShownZone): string {
  return until === undefined ? '' : ` until ${formatInstant(until, zone)}`;
}
