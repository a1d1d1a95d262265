import { formatDuration } from './duration.ts';
import type { LocalMs, Transition, TransitionEffect } from './transition.ts';

/** The line that tells people what happens at a transition: `2027-03-28 02:00→03:00 gap: 02:30 fires at 03:00 instead`. */
export function describeEffect(effect: Omit<TransitionEffect, 'text'>): string {
  const { localFrom, localTo, kind } = effect.transition;
  const day = dateOf(localFrom);
  return `${day} ${timeOf(localFrom, day)}→${timeOf(localTo, day)} ${kind}: ${outcome(effect, day)}`;
}

function outcome({ transition, what, times, count }: Omit<TransitionEffect, 'text'>, day: string): string {
  const named = nameTimes(times, count, day);
  const to = timeOf(transition.localTo, day);
  switch (what) {
    case 'none':
      return 'no fire time in it';
    case 'moved':
      return count === 1 ? `${named} fires at ${to} instead` : `${named} fire once instead, at ${to}`;
    case 'merged':
      return `${named} ${fire(count)} together with ${to}, once`;
    case 'shifted':
      return count === 1
        ? `${named} fires at ${shiftedTo(times, transition, day)} instead`
        : laterBy(named, transition);
    case 'around':
      return `fires at ${named}`;
    case 'skipped':
      return `${named} ${count === 1 ? 'does' : 'do'} not fire`;
    case 'first':
    case 'last':
      return `${named} ${fire(count)} once, on the ${what} pass`;
    default:
      return `${named} ${fire(count)} twice`;
  }
}

function fire(count: number): string {
  return count === 1 ? 'fires' : 'fire';
}

function shiftedTo([time = 0]: readonly LocalMs[], transition: Transition, day: string): string {
  return timeOf(time + transition.offsetAfter - transition.offsetBefore, day);
}

function laterBy(named: string, { offsetAfter, offsetBefore }: Transition): string {
  return `${named} fire ${formatDuration(offsetAfter - offsetBefore)} later`;
}

function nameTimes(times: readonly LocalMs[], count: number, day: string): string {
  const names = times.map((time) => timeOf(time, day));
  const more = count - times.length;
  if (more > 0) return `${names.join(', ')} and ${more} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** `02:30`, with seconds where there are any, and with the date where it is not `day`. */
function timeOf(local: LocalMs, day: string): string {
  const time = new Date(local).toISOString().slice(11, 19).replace(/:00$/, '');
  return dateOf(local) === day ? time : `${dateOf(local)} ${time}`;
}

function dateOf(local: LocalMs): string {
  return new Date(local).toISOString().slice(0, 10);
}
