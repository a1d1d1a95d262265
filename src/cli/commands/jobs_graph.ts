import type { Command } from 'commander';
import type { DependencyNode } from '../../client/dependencies.ts';
import { describeAfter } from '../../core/after.ts';
import { drawDot } from '../../core/graph/dot.ts';
import type { GraphNode } from '../../core/graph/layers.ts';
import { drawSvg } from '../../core/graph/svg.ts';
import type { Counter } from '../counter.ts';
import { wordOf } from '../options.ts';
import { formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';

const FORMATS = ['text', 'dot', 'svg', 'json'] as const;

type GraphWords = { format: string; json?: true };

/** `belfry jobs graph`: which jobs come after which. */
export function addJobsGraph(jobs: Command, counter: Counter): void {
  jobs
    .command('graph')
    .description('the jobs that come after others, and those that they come after')
    .option('--format <format>', `${FORMATS.join(', ')}; dot is for Graphviz, svg for a browser`, 'text')
    .option('--json', 'the same as --format json')
    .action((words: GraphWords) => showGraph(words, counter));
}

async function showGraph({ format, json }: GraphWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const chosen = json === true ? 'json' : wordOf(format, '--format', FORMATS);
  const nodes = await withSession(counter, ({ client }) => client.dependencies.graph());
  switch (chosen) {
    case 'json':
      desk.out(`${JSON.stringify({ jobs: nodes })}\n`);
      break;
    case 'dot':
      desk.out(drawDot(nodes.map(toGraphNode)));
      break;
    case 'svg':
      desk.out(drawSvg(nodes.map(toGraphNode)));
      break;
    case 'text': {
      const rows = nodes.map((node) => [desk.paint('bold', node.job), termsOf(node), node.arrived.join(', ')]);
      desk.out(
        rows.length === 0
          ? 'no job comes after another\n'
          : formatTable(['JOB', 'AFTER', 'HAVE COME'], rows, desk.paint),
      );
    }
  }
}

function toGraphNode(node: DependencyNode): GraphNode {
  const { job, after } = node;
  return after.length === 0 ? { job, after } : { job, after, label: `after ${termsOf(node)}` };
}

function termsOf(node: DependencyNode): string {
  return node.after.length === 0 ? '' : describeAfter({ ...node, jobs: node.after });
}
