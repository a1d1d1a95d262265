import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { legend } from './legend.ts';
import { byName, draft, thresholds, type PanelDraft, type PanelSpec } from './panel.ts';

const tooltip = (): VizTooltipOptionsBuilder =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);

function graph(): PanelBuilder {
  return new PanelBuilder()
    .colorScheme(byName())
    .lineWidth(1)
    .showPoints(VisibilityMode.Never)
    .tooltip(tooltip())
    .legend(legend());
}

const stacked = (): StackingConfigBuilder => new StackingConfigBuilder().mode(StackingMode.Normal).group('A');

/** Lines over time, from zero unless `min` says otherwise. */
export const lines = (spec: PanelSpec): PanelDraft => draft({ min: 0, ...spec }, () => graph().fillOpacity(8));

/** Lines that go below zero as well as above it. */
export const signedLines = (spec: PanelSpec): PanelDraft => draft(spec, () => graph().fillOpacity(8));

/** Lines with a line across where it begins to be bad. */
export const linesWithLimit = (spec: PanelSpec & { limit: number }): PanelDraft =>
  draft({ min: 0, ...spec }, () =>
    graph()
      .fillOpacity(8)
      .thresholds(
        thresholds([
          { value: null, color: 'transparent' },
          { value: spec.limit, color: 'red' },
        ]),
      )
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed)),
  );

/** Lines that add up to a whole. */
export const stack = (spec: PanelSpec): PanelDraft =>
  draft({ min: 0, ...spec }, () => graph().fillOpacity(40).stacking(stacked()));

/** Bars that add up: for counts per step, where the height of single ones matters. */
export const bars = (spec: PanelSpec): PanelDraft =>
  draft({ min: 0, ...spec }, () =>
    graph().drawStyle(GraphDrawStyle.Bars).fillOpacity(80).lineWidth(0).stacking(stacked()),
  );

/** For lines that say what is allowed: red, dashed, without area. */
export const LIMIT_LINE: readonly DynamicConfigValue[] = [
  { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  { id: 'custom.fillOpacity', value: 0 },
];

const colour = (name: string): readonly DynamicConfigValue[] => [
  { id: 'color', value: { mode: 'fixed', fixedColor: name } },
];

/** One colour for each way that a run ends, on every dashboard. */
export const OUTCOME_COLOURS: Readonly<Record<string, readonly DynamicConfigValue[]>> = {
  succeeded: colour('green'),
  dead: colour('red'),
  expired: colour('orange'),
  cancelled: colour('#8e8e8e'),
};
