import { compileApplications, type Applications } from './applications.js';
import type { EnrichConfig } from './config.js';
import { compileZones, type Zones } from './zones.js';

export { applicationConfigSchema, enrichConfigSchema, zoneConfigSchema } from './config.js';
export type { ApplicationConfig, EnrichConfig, ZoneConfig } from './config.js';
export type { Applications } from './applications.js';
export type { Zones } from './zones.js';
export { wellKnownPorts } from './well-known-ports.js';

/** What a configuration says about addresses and ports; immutable, asked once a conversation and window. */
export interface Enrichment {
  readonly zones: Zones;
  readonly applications: Applications;
}

/** Compiles a configuration that `enrichConfigSchema` has passed. */
export function createEnrichment(config: EnrichConfig): Enrichment {
  const zones = compileZones(config.zones);
  const applications = compileApplications(config.applications, zones.names, { wellKnown: config.wellKnownPorts });
  return { zones, applications };
}
