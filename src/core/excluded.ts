import type { WhenRule } from './schedule.ts';

/** Whether any part of a rule leaves out times. */
export function hasExclusions({ x, u }: WhenRule): boolean {
  return (x !== undefined && x.length > 0) || (u?.some(hasExclusions) ?? false);
}

/** The same rule without what it leaves out. */
export function withoutExclusions(rule: WhenRule): WhenRule {
  const { x: _left, u, ...bare } = rule;
  return u === undefined ? bare : { ...bare, u: u.map(withoutExclusions) };
}
