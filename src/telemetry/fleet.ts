/** The whole system at one moment, as a scrape shows it. */
export type { FleetReading as Fleet } from '../client/fleet_reader.ts';
