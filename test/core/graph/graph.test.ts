import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawDot } from '../../../src/core/graph/dot.ts';
import { layerNodes, type GraphNode } from '../../../src/core/graph/layers.ts';
import { drawSvg } from '../../../src/core/graph/svg.ts';

const NODES: GraphNode[] = [
  { job: 'load', after: [] },
  { job: 'clean', after: ['load'] },
  { job: 'report', after: ['clean', 'load'], label: 'after clean, load' },
];

/** Nodes whose parents are among those before them. */
const dags = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 30 }).map((lists) =>
  lists.map((picks, i): GraphNode => ({
    job: `j${String(i)}`,
    after: [...new Set(i === 0 ? [] : picks.map((pick) => `j${String(pick % i)}`))],
  })),
);

describe('the layers of a graph', () => {
  test('put each job behind the last of those that it comes after', () => {
    expect(layerNodes(NODES).map(({ job, layer, row }) => [job, layer, row])).toEqual([
      ['load', 0, 0],
      ['clean', 1, 0],
      ['report', 2, 0],
    ]);
  });

  test('lead every arrow on, by the longest way, and give each job a place of its own', () => {
    fc.assert(
      fc.property(dags, (nodes) => {
        const placed = layerNodes(nodes);
        const layers = new Map(placed.map(({ job, layer }) => [job, layer]));
        for (const { after, layer } of placed) {
          expect(layer).toBe(Math.max(-1, ...after.map((parent) => layers.get(parent) as number)) + 1);
        }
        expect(new Set(placed.map(({ layer, row }) => `${String(layer)}/${String(row)}`)).size).toBe(nodes.length);
      }),
    );
  });
});

describe('a graph', () => {
  test('is drawn in DOT, names escaped', () => {
    const dot = drawDot([...NODES, { job: 'a"b\\', after: ['load'] }]);
    expect(dot).toContain('"clean" -> "report";');
    expect(dot).toContain(String.raw`"load" -> "a\"b\\";`);
  });

  test('is drawn in SVG, names escaped, one box per job and one curve per arrow', () => {
    const svg = drawSvg([...NODES, { job: '<script>&"', after: [], label: '<b>' }]);
    expect(svg).not.toContain('<script>');
    expect(svg).toContain('&lt;script&gt;&amp;&quot;');
    expect(svg.match(/<rect /g)).toHaveLength(4);
    expect(svg.match(/marker-end/g)).toHaveLength(3);
    expect(svg).not.toContain('NaN');
  });

  test('without jobs is an empty picture', () => {
    expect(drawSvg([])).toMatch(/^<svg [^>]*viewBox="0 0 32 32"/);
  });
});
