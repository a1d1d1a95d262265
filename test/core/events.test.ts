import { expect, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';

const warning = { warning: 'w', hint: 'h' };

test('an event reaches each listener of its name, in the order in which they came', () => {
  const bus = createEventBus();
  const heard: string[] = [];
  bus.on('redis.warning', ({ warning: text }) => heard.push(`first ${text}`));
  bus.on('redis.warning', ({ warning: text }) => heard.push(`second ${text}`));
  bus.on('redis.lost', () => heard.push('other'));
  bus.emit('redis.warning', warning);
  expect(heard).toEqual(['first w', 'second w']);
});

test('a listener that is taken off hears no more', () => {
  const bus = createEventBus();
  let count = 0;
  const stop = bus.on('redis.warning', () => (count += 1));
  bus.emit('redis.warning', warning);
  stop();
  bus.emit('redis.warning', warning);
  expect(count).toBe(1);
});

test('whether anybody listens can be asked, so that an event need not be built for nobody', () => {
  const bus = createEventBus();
  expect(bus.heard('redis.warning')).toBe(false);
  const stop = bus.on('redis.warning', () => undefined);
  expect(bus.heard('redis.warning')).toBe(true);
  expect(bus.heard('redis.lost')).toBe(false);
  stop();
  expect(bus.heard('redis.warning')).toBe(false);
});

test('a listener that throws reaches neither the one who emits nor the other listeners', () => {
  const errors: unknown[] = [];
  const bus = createEventBus((error) => errors.push(error));
  let reached = false;
  bus.on('redis.warning', () => {
    throw new Error('mine');
  });
  bus.on('redis.warning', () => (reached = true));
  bus.emit('redis.warning', warning);
  expect(reached).toBe(true);
  expect(errors).toMatchObject([{ message: 'mine' }]);
});
