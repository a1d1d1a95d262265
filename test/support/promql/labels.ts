import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** The labels of the series that an expression answers; a scalar has none and matches anything. */
type Shape = ReadonlySet<string> | 'scalar';

/** What an expression answers, and what is wrong with it: syntax, metrics and labels that do not exist. */
export type Reading = { labels: ReadonlySet<string>; faults: string[] };

/** The labels of the series of a metric, or undefined where there is no such metric. */
export type Catalog = (metric: string) => ReadonlySet<string> | undefined;

/**
 * Reads an expression as Prometheus does and follows the labels through it: which a metric has, an aggregation keeps and a
 * match is on.
 */
export function readLabels(expr: string, catalog: Catalog): Reading {
  const faults: string[] = [];
  const tree = parser.parse(expr);
  tree.iterate({
    enter({ type, from }) {
      if (type.isError) faults.push(`not PromQL at ${String(from)}: ${expr}`);
    },
  });
  if (faults.length > 0) return { labels: new Set(), faults };
  const reader: Reader = { expr, catalog, fault: (what) => void faults.push(`${what}: ${expr}`) };
  const shape = shapeOf(tree.topNode.firstChild, reader);
  return { labels: shape === 'scalar' ? new Set() : shape, faults };
}

type Reader = { expr: string; catalog: Catalog; fault: (what: string) => void };

function shapeOf(node: SyntaxNode | null | undefined, reader: Reader): Shape {
  switch (node?.name) {
    case 'VectorSelector':
      return selectorShape(node, reader);
    case 'AggregateExpr':
      return aggregateShape(node, reader);
    case 'BinaryExpr':
      return binaryShape(node, reader);
    case 'FunctionCall':
      return callShape(node, reader);
    case 'UnaryExpr':
      return shapeOf(node.lastChild, reader);
    case 'ParenExpr':
    case 'MatrixSelector':
    case 'SubqueryExpr':
    case 'StepInvariantExpr':
    case 'OffsetExpr':
      return shapeOf(node.firstChild, reader);
    case 'NumberDurationLiteral':
    case 'StringLiteral':
      return 'scalar';
    default:
      throw new Error(`the reader of PromQL does not know ${node?.name ?? 'nothing'} in ${reader.expr}`);
  }
}

function selectorShape(node: SyntaxNode, { expr, catalog, fault }: Reader): Shape {
  const metric = textOf(node.getChild('Identifier'), expr);
  const labels = catalog(metric);
  if (labels === undefined) {
    fault(`no metric is called ${metric}`);
    return new Set();
  }
  for (const label of namesIn(node.getChild('LabelMatchers'), expr)) {
    if (!labels.has(label)) fault(`${metric} has no label ${label}`);
  }
  return labels;
}

function aggregateShape(node: SyntaxNode, reader: Reader): Shape {
  const operator = textOf(node.getChild('AggregateOp'), reader.expr);
  const inner = shapeOf(node.getChild('FunctionCallBody')?.lastChild, reader);
  const modifier = node.getChild('AggregateModifier');
  const names = namesIn(modifier?.getChild('GroupingLabels'), reader.expr);
  const within = inner === 'scalar' ? new Set<string>() : inner;
  for (const name of names) if (!within.has(name)) reader.fault(`nothing aggregated has a label ${name}`);
  if (operator === 'topk' || operator === 'bottomk') return within;
  if ((modifier?.getChild('Without') ?? null) !== null)
    return new Set([...within].filter((label) => !names.includes(label)));
  return new Set(names);
}

function callShape(node: SyntaxNode, reader: Reader): Shape {
  const called = textOf(node.getChild('FunctionIdentifier'), reader.expr);
  const inner = argumentsOf(node).map((argument) => shapeOf(argument, reader));
  if (called === 'time') return 'scalar';
  if (called === 'vector' || called === 'absent') return new Set();
  const labels = inner.find((shape) => shape !== 'scalar') ?? new Set<string>();
  if (called !== 'histogram_quantile') return labels;
  if (!labels.has('le')) reader.fault('a quantile needs the label le');
  return new Set([...labels].filter((label) => label !== 'le'));
}

function argumentsOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  let child = node.getChild('FunctionCallBody')?.firstChild ?? null;
  while (child !== null) {
    found.push(child);
    child = child.nextSibling;
  }
  return found;
}

const SETS = ['And', 'Unless', 'Or'];

function binaryShape(node: SyntaxNode, reader: Reader): Shape {
  const left = shapeOf(node.firstChild, reader);
  const right = shapeOf(node.lastChild, reader);
  if (left === 'scalar') return right;
  if (right === 'scalar') return left;
  const on = matchedOn(node, reader.expr);
  for (const label of on ?? []) {
    if (!left.has(label)) reader.fault(`the left side has no label ${label} to match on`);
    if (!right.has(label)) reader.fault(`the right side has no label ${label} to match on`);
  }
  const isSet = SETS.some((name) => node.getChild(name) !== null);
  if (on === undefined && !sameLabels(left, right) && node.getChild('Or') === null) {
    reader.fault(`{${[...left].join()}} never matches {${[...right].join()}} without on()`);
  }
  if (isSet) return left;
  return on === undefined ? left : new Set(on);
}

function matchedOn(node: SyntaxNode, expr: string): string[] | undefined {
  const clause = node.getChild('MatchingModifierClause');
  return clause === null || clause.getChild('On') === null
    ? undefined
    : namesIn(clause.getChild('GroupingLabels'), expr);
}

const sameLabels = (left: ReadonlySet<string>, right: ReadonlySet<string>): boolean =>
  left.size === right.size && [...left].every((label) => right.has(label));

/** The label names below a node. */
function namesIn(node: SyntaxNode | null | undefined, expr: string): string[] {
  const names: string[] = [];
  node?.cursor().iterate((at) => {
    if (at.name === 'LabelName') names.push(expr.slice(at.from, at.to));
  });
  return names;
}

const textOf = (node: SyntaxNode | null | undefined, expr: string): string => expr.slice(node?.from, node?.to);
