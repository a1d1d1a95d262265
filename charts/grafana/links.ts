import {
  defaultDashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';

/** The uids that alerts, the chart and bookmarks rely on. */
export const UIDS = {
  fleet: 'belfry-fleet',
  job: 'belfry-job',
  queues: 'belfry-queues',
  workers: 'belfry-workers',
  scheduler: 'belfry-scheduler',
} as const;

/** Every Belfry dashboard has it: the bar of links finds the others by it. */
export const TAG = 'belfry';

/** Pages of Belfry's own dashboard. `belfry_url` is a variable of each dashboard here; names of jobs hold slashes. */
export const PAGES = {
  home: '${belfry_url:raw}/',
  job: (name: string): string => `\${belfry_url:raw}/jobs/${name}`,
  queues: '${belfry_url:raw}/queues',
  workers: '${belfry_url:raw}/workers',
  deadLetters: '${belfry_url:raw}/dead-letters',
} as const;

const SAME_VIEW = '${__url_time_range}&${datasource:queryparam}&${belfry_url:queryparam}';

/** A dashboard here with one variable set, at the same time range. `value` is an interpolation of the place that links. */
export const dashboardWith = (uid: string, variable: string, value: string): string =>
  `/d/${uid}?var-${variable}=${value}&${SAME_VIEW}`;

const fixed = <T>(value: T): Builder<T> => ({ build: () => value });

/** The builder puts every link into a menu where nobody looks; without a placement they stand in the bar. */
function inTheBar(builder: DashboardLinkBuilder): Builder<DashboardLink> {
  const { placement: _, ...visible } = builder.build();
  return fixed(visible);
}

/** The bar of each dashboard: the other ones, at the same time range, and Belfry itself. */
export function barLinks(page: string): Builder<DashboardLink>[] {
  return [
    inTheBar(
      new DashboardLinkBuilder('Belfry dashboards')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .icon('external link')
        .keepTime(true)
        .includeVars(true),
    ),
    inTheBar(
      new DashboardLinkBuilder('Belfry')
        .type(DashboardLinkType.Link)
        .icon('external link')
        .url(page)
        .tooltip('The page of Belfry for what is shown here')
        .targetBlank(true),
    ),
  ];
}

/** A link of a value, a line or a panel. */
export function link({ title, url }: { title: string; url: string }): Builder<DashboardLink> {
  const { placement: _, ...empty } = defaultDashboardLink();
  return fixed({ ...empty, title, url, targetBlank: !url.startsWith('/d/') });
}
