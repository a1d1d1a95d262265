import { PanelBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { draft, type PanelDraft, type PanelSpec } from './panel.ts';

/** Orders of Grafana's list of alerts: firing ones first. */
const BY_IMPORTANCE = 3;

/**
 * The alerts of Belfry that fire or are about to, whoever evaluates the rules: Prometheus or Grafana. The SDK has no
 * builder for this kind; its options are those of Grafana's `UnifiedAlertListOptions`.
 */
export const alertList = (spec: Omit<PanelSpec, 'queries' | 'unit'>): PanelDraft =>
  draft({ ...spec, unit: 'none', queries: [] }, () =>
    new PanelBuilder().type('alertlist').options({
      viewMode: 'list',
      groupMode: 'default',
      groupBy: [],
      maxItems: 30,
      sortOrder: BY_IMPORTANCE,
      dashboardAlerts: false,
      alertName: 'Belfry',
      alertInstanceLabelFilter: '{severity=~"critical|warning|info"}',
      showInactiveAlerts: false,
      stateFilter: { firing: true, pending: true, recovering: true, noData: false, normal: false, error: true },
    }),
  );
