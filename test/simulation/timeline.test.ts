import { expect, test } from 'vitest';
import { createRandom } from '../../src/simulation/random.ts';
import { createTimeline } from '../../src/simulation/timeline.ts';

test('the clock jumps from one act to the next, and equal instants keep their order', async () => {
  const timeline = createTimeline(0);
  const acts: string[] = [];
  const note = (name: string) => (): void => void acts.push(`${name} at ${timeline.now()}`);
  timeline.at(500, note('later'));
  timeline.at(100, note('first'));
  timeline.at(100, note('second'));
  await timeline.runUntil(1_000);
  expect(acts).toEqual(['first at 100', 'second at 100', 'later at 500']);
  expect(timeline.now()).toBe(1_000);
});

test('an act may plan further ones, also for now; the past means now', async () => {
  const timeline = createTimeline(0);
  const acts: number[] = [];
  timeline.at(100, async () => {
    await Promise.resolve();
    timeline.at(50, () => void acts.push(timeline.now()));
    timeline.at(200, () => void acts.push(timeline.now()));
  });
  await timeline.runUntil(150);
  expect(acts).toEqual([100]);
  await timeline.runUntil(200);
  expect(acts).toEqual([100, 200]);
});

test('a thousand acts in any order are done in the order of time', async () => {
  const timeline = createTimeline(0);
  const random = createRandom(7);
  const instants = Array.from({ length: 1_000 }, () => Math.floor(random() * 300));
  const seen: number[] = [];
  for (const instant of instants) timeline.at(instant, () => void seen.push(instant));
  await timeline.runUntil(300);
  expect(seen).toEqual(instants.toSorted((a, b) => a - b));
});

test('it ends early when it is asked to, with the reason', async () => {
  const stop = new AbortController();
  const timeline = createTimeline(0, stop.signal);
  timeline.at(1, () => stop.abort(new Error('enough')));
  timeline.at(2, () => {
    throw new Error('this comes after the end');
  });
  await expect(timeline.runUntil(10)).rejects.toThrow('enough');
});

test('the same seed gives the same numbers, evenly spread', () => {
  const [one, two, other] = [createRandom(1), createRandom(1), createRandom(2)];
  const numbers = Array.from({ length: 10_000 }, () => one());
  expect(numbers).toEqual(Array.from({ length: 10_000 }, () => two()));
  expect(numbers[0]).not.toBe(other());
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const share = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
    expect(share).toBeGreaterThan(900);
    expect(share).toBeLessThan(1_100);
  }
});
