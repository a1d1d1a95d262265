import type { GraphNode } from './layers.ts';

/** The graph in the DOT language of Graphviz. */
export function drawDot(nodes: readonly GraphNode[]): string {
  const lines = nodes.map(
    ({ job, label }) => `  ${quoted(job)}${label === undefined ? '' : ` [tooltip=${quoted(label)}]`};`,
  );
  const arrows = nodes.flatMap(({ job, after }) => after.map((parent) => `  ${quoted(parent)} -> ${quoted(job)};`));
  return ['digraph jobs {', '  rankdir=LR;', '  node [shape=box];', ...lines, ...arrows, '}', ''].join('\n');
}

function quoted(text: string): string {
  return `"${text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', ' ')}"`;
}
