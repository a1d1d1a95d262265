/** A job and the jobs that it comes after. */
export type GraphNode = { job: string; after: readonly string[]; label?: string };

/** A node with its place: `layer` counts from the jobs that come after none, `row` within the layer. */
export type PlacedNode = GraphNode & { layer: number; row: number };

/**
 * Longest-path layering (Mehlhorn 1984): each job stands one layer behind the last of its parents, so that every arrow
 * leads on. Rows follow the mean row of the parents (the barycentre of Sugiyama, Tagawa and Toda 1981, one sweep), which
 * keeps most arrows from crossing; equal ones go by name. Parents that are not among the nodes are left out.
 */
export function layerNodes(nodes: readonly GraphNode[]): PlacedNode[] {
  const byName = new Map(nodes.map((node) => [node.job, node]));
  const layerOf = new Map<string, number>();
  const measure = (job: string): number => {
    const known = layerOf.get(job);
    if (known !== undefined) return known;
    layerOf.set(job, 0); // a cycle, which is never registered, would end here
    const parents = (byName.get(job)?.after ?? []).filter((parent) => byName.has(parent));
    const layer = parents.reduce((deepest, parent) => Math.max(deepest, measure(parent) + 1), 0);
    layerOf.set(job, layer);
    return layer;
  };
  for (const { job } of nodes) measure(job);
  const deepest = Math.max(-1, ...layerOf.values());
  const rowOf = new Map<string, number>();
  const placed: PlacedNode[] = [];
  for (let layer = 0; layer <= deepest; layer += 1) {
    const here = nodes.filter(({ job }) => layerOf.get(job) === layer);
    const weights = new Map(here.map((node) => [node.job, meanRow(node, rowOf)]));
    const weightOf = ({ job }: GraphNode): number => weights.get(job) ?? 0;
    here.sort((a, b) => weightOf(a) - weightOf(b) || (a.job < b.job ? -1 : 1));
    here.forEach((node, row) => {
      rowOf.set(node.job, row);
      placed.push({ ...node, layer, row });
    });
  }
  return placed;
}

function meanRow({ after }: GraphNode, rowOf: ReadonlyMap<string, number>): number {
  const rows = after.flatMap((parent) => rowOf.get(parent) ?? []);
  return rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + row, 0) / rows.length;
}
