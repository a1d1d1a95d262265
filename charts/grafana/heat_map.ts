import { HeatmapCellLayout, TooltipDisplayMode } from '@grafana/grafana-foundation-sdk/common';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapTooltipBuilder,
  PanelBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { draft, type PanelDraft, type PanelSpec } from './panel.ts';

/** The buckets of a histogram over time: the darker a cell, the more of them. The unit is that of the vertical axis. */
export const heatMap = (spec: PanelSpec): PanelDraft =>
  draft(spec, () =>
    new PanelBuilder()
      .calculate(false)
      .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').exponent(0.5).steps(64))
      .yAxis(new YAxisConfigBuilder().unit(spec.unit))
      .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
      .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
      .cellGap(1),
  );
