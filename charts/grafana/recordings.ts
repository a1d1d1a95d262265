import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { secondsOf } from './durations.ts';

/** A series that a rule file records each minute under a name of its own. */
export type Recording = { name: string; expr: string };

/** What `avg_over_time` of a rate over 5 minutes is a stand-in for: the rate over the longer window. */
const RATE = /:rate5m$/;
const SHORT = '[5m]';
/** Rule groups with recordings run each minute: `sum_over_time` adds up so many samples. */
const SAMPLE_S = 60;

/**
 * The expression with every recorded series written out. An average over a window of a recorded rate becomes the rate over that
 * window, a sum of one that rate times the number of samples. Throws for a use of a recording that this does not cover.
 */
export function writeOut(expr: string, recordings: readonly Recording[]): string {
  const uses = usesIn(expr, recordings);
  return uses
    .toReversed()
    .reduce((text, { from, to, written }) => text.slice(0, from) + written + text.slice(to), expr);
}

type Use = { from: number; to: number; written: string };

function usesIn(expr: string, recordings: readonly Recording[]): Use[] {
  const uses: Use[] = [];
  parser.parse(expr).iterate({
    enter({ name, node }) {
      if (name !== 'VectorSelector') return;
      const recording = recordings.find((candidate) => candidate.name === expr.slice(node.from, node.to));
      if (recording !== undefined)
        uses.push(useOf(node, expr, { ...recording, expr: writeOut(recording.expr, recordings) }));
    },
  });
  return uses;
}

function useOf(node: SyntaxNode, expr: string, { name, expr: recorded }: Recording): Use {
  const range = node.parent;
  if (range?.name !== 'MatrixSelector') return { from: node.from, to: node.to, written: `(${recorded})` };
  const call = range.parent?.parent;
  const over = /^(avg|sum)_over_time\b/.exec(expr.slice(call?.from, call?.to))?.[1];
  if (call === null || call === undefined || over === undefined || !RATE.test(name)) {
    throw new Error(`${expr.slice(range.from, range.to)}: only averages and sums of a :rate5m can be written out`);
  }
  const window = expr.slice(node.to + 1, range.to - 1);
  const rate = `(${recorded.replaceAll(SHORT, `[${window}]`)})`;
  const written = over === 'avg' ? rate : `(${String(secondsOf(window) / SAMPLE_S)} * ${rate})`;
  return { from: call.from, to: call.to, written };
}
