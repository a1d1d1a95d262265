import { BigValueColorMode, BigValueGraphMode, ReduceDataOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { byThreshold, draft, type PanelDraft, type PanelSpec } from './panel.ts';

/** One number now, coloured by where it stands. */
export const stat = (spec: PanelSpec): PanelDraft =>
  draft({ noValue: 'no data', ...spec }, () =>
    new PanelBuilder()
      .colorScheme(byThreshold())
      .colorMode(BigValueColorMode.Value)
      .graphMode(BigValueGraphMode.None)
      .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false)),
  );
