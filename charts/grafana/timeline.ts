import { TooltipDisplayMode, VisibilityMode, VizTooltipOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { legend } from './legend.ts';
import { byThreshold, draft, type PanelDraft, type PanelSpec } from './panel.ts';

/** States over time, one band for each series. */
export const timeline = (spec: PanelSpec): PanelDraft =>
  draft(spec, () =>
    new PanelBuilder()
      .colorScheme(byThreshold())
      .showValue(VisibilityMode.Never)
      .mergeValues(true)
      .rowHeight(0.8)
      .fillOpacity(80)
      .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
      .legend(legend()),
  );

type Meaning = { text: string; color: string };

/** What the numbers of a state mean: `{ 0: …, 1: … }`. */
export function meanings(table: Readonly<Record<number, Meaning>>): ValueMapping[] {
  const options = Object.entries(table).map(([value, meaning], index) => [value, { ...meaning, index }] as const);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}
