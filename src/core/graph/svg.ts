import { layerNodes, type GraphNode, type PlacedNode } from './layers.ts';

const CHARACTER = 7.3;
const HEIGHT = 30;
const GAP = { x: 56, y: 16 };
const MARGIN = 16;
const PADDING = 12;
const STYLE = [
  'svg{background:#fff;font:12px ui-monospace,SFMono-Regular,Menlo,monospace}',
  'rect{fill:#f4f6f8;stroke:#5b6b7b}text{fill:#17202a;dominant-baseline:middle}',
  'path{fill:none;stroke:#5b6b7b;stroke-width:1.2}',
  '@media(prefers-color-scheme:dark){svg{background:#14181d}rect{fill:#222a33;stroke:#8fa3b5}text{fill:#e6ebf0}path{stroke:#8fa3b5}}',
].join('');

type Box = { node: PlacedNode; x: number; y: number; width: number };

/** The graph as a picture that needs nothing else: jobs from left to right, behind those that they come after. */
export function drawSvg(nodes: readonly GraphNode[]): string {
  const boxes = placeBoxes(layerNodes(nodes));
  const all = [...boxes.values()];
  const width = Math.max(2 * MARGIN, ...all.map((box) => box.x + box.width + MARGIN));
  const height = Math.max(2 * MARGIN, ...all.map((box) => box.y + HEIGHT + MARGIN));
  const arrows = all.flatMap((box) => box.node.after.flatMap((parent) => drawArrow(boxes.get(parent), box)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="jobs and what they come after">`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8"/></marker></defs>',
    ...arrows,
    ...all.map(drawBox),
    '</svg>',
    '',
  ].join('\n');
}

function placeBoxes(placed: readonly PlacedNode[]): Map<string, Box> {
  const widths: number[] = [];
  for (const { job, layer } of placed) widths[layer] = Math.max(widths[layer] ?? 0, widthOf(job));
  const lefts: number[] = [];
  widths.reduce((left, width, layer) => {
    lefts[layer] = left;
    return left + width + GAP.x;
  }, MARGIN);
  return new Map(
    placed.map((node) => [
      node.job,
      { node, x: lefts[node.layer] ?? MARGIN, y: MARGIN + node.row * (HEIGHT + GAP.y), width: widthOf(node.job) },
    ]),
  );
}

function drawBox({ node: { job, label }, x, y, width }: Box): string {
  const title = label === undefined ? '' : `<title>${escaped(label)}</title>`;
  const text = `<text x="${round(x + PADDING)}" y="${round(y + HEIGHT / 2)}">${escaped(job)}</text>`;
  return `<g>${title}<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${HEIGHT}" rx="4"/>${text}</g>`;
}

function drawArrow(from: Box | undefined, to: Box): string[] {
  if (from === undefined) return [];
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = (x2 - x1) / 2;
  const curve = `M${round(x1)} ${round(y1)}C${round(x1 + bend)} ${round(y1)} ${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}`;
  return [`<path d="${curve}" marker-end="url(#tip)"/>`];
}

const widthOf = (job: string): number => Array.from(job).length * CHARACTER + 2 * PADDING;
const round = (number: number): string => String(Math.round(number * 10) / 10);

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
