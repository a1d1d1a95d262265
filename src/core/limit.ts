import { contentHash } from './content_hash.ts';
import type { Json } from './job.ts';
import { keyOf } from './key_template.ts';
import type { RateLimit } from './policy.ts';

/** What a key lets on: so many starts in a while, so many at once, one after the other. Shared by all runs with the key. */
export type KeyLimit = {
  rate?: RateLimit;
  /** Starts that may come at once out of `rate`. Default: a tenth of its count. */
  burst?: number;
  concurrency?: number;
  /** Turns of its lanes are this many times as long. */
  weight?: number;
  order?: 'strict';
};

/** A limit of a job: `key` is `job:NAME` for all its runs, or the template of a key of the payload. */
export type JobLimit = KeyLimit & { key: string };

/**
 * GCRA parameters of a rate: emission ms and burst. A burst of b starts, then one per emission, gives at most
 * b - 1 + period / emission starts in any half-open window of one period; the emission is chosen to make that `count`.
 */
export function gcraOf({ count, periodMs }: RateLimit, burst = Math.max(1, Math.floor(count / 10))): string {
  return `${periodMs / (count - burst + 1)} ${burst}`;
}

/**
 * A limit as the scripts read it: `<emission ms> <burst> <slots> <weight> <- | o>`, 0 for none; behind it, for people, the
 * rate as `<count>/<period ms>`.
 */
export function packLimit({ rate, burst, concurrency, weight, order }: KeyLimit): string {
  const gcra = rate === undefined ? '0 0' : gcraOf(rate, burst);
  const words = rate === undefined ? '' : ` ${rate.count}/${rate.periodMs}`;
  return `${gcra} ${concurrency ?? 0} ${weight ?? 1} ${order === 'strict' ? 'o' : '-'}${words}`;
}

/** The other way round, without what says nothing: `burst` is there with a rate, `weight` where it is not 1. */
export function unpackLimit(packed: string): KeyLimit {
  const [, burst = '', slots = '', weight = '', order = '', rate] = packed.split(' ');
  const [count, periodMs] = (rate ?? '').split('/').map(Number);
  return {
    ...(count !== undefined && periodMs !== undefined && { rate: { count, periodMs }, burst: Number(burst) }),
    ...(slots !== '0' && { concurrency: Number(slots) }),
    ...(weight !== '1' && { weight: Number(weight) }),
    ...(order === 'o' && { order: 'strict' as const }),
  };
}

/** What a key is given that is held without having a limit: it lets everything on but while it is held. */
export const OPEN_LIMIT = packLimit({});

/** Where the shard files a limit of a job: under the job itself, or under its template, which other jobs may share. */
export function limitField({ key }: Pick<JobLimit, 'key'>): string {
  return isOfJob(key) ? key : `*${templateId(key)}`;
}

export function templateId(template: string): string {
  return contentHash(template).slice(0, 5);
}

export function isOfJob(key: string): boolean {
  return key.startsWith('job:');
}

/** The key that all runs of a job share. */
export function jobKey(job: string): string {
  return `job:${job}`;
}

/** The key that all runs of a queue share. */
export function queueKey(queue: string): string {
  return `queue:${queue}`;
}

/** Whether it takes a payload to tell the keys of a run. */
export function needsPayload(limits: readonly JobLimit[]): boolean {
  return limits.some(({ key }) => !isOfJob(key));
}

/** The keys of one payload as they are packed into its run and its lane: `|<template id>~<key>` each, '' for none. */
export function packKeys(limits: readonly JobLimit[], payload: Json): string {
  const packed = new Map<string, string>();
  for (const { key: template } of limits) {
    if (isOfJob(template)) continue;
    const key = keyOf(template, payload);
    if (key !== undefined && !packed.has(key)) packed.set(key, `|${templateId(template)}~${key}`);
  }
  return [...packed.values()].join('');
}

/** The other way round: keys with the ids of their templates. */
export function unpackKeys(packed: string): { template: string; key: string }[] {
  return packed
    .split('|')
    .slice(1)
    .map((part) => ({ template: part.slice(0, part.indexOf('~')), key: part.slice(part.indexOf('~') + 1) }));
}
