import { LRUCache } from 'lru-cache';
import type { ApplicationConfig } from './config.js';
import { parseNumberRange } from './ranges.js';
import { wellKnownPorts } from './well-known-ports.js';

/** Applications by server port and the zones of both sides. */
export interface Applications {
  /** Names by index; 0 is "NC" (not classified), what no rule and no well-known port names. */
  readonly names: readonly string[];
  /** Index of the application of connections to `port`; zones are indexes of `Zones.names`. */
  lookup(port: number, clientZone: number, serverZone: number): number;
}

/** A rule as it applies to one port. */
interface Candidate {
  readonly application: number;
  /** Ports in the thinnest range of the rule that holds this port. */
  readonly width: number;
  /** Depth of the deepest zone of the rule that holds zone i, 0 for a rule without zones, -1 where it does not match. */
  readonly serverDepth: Int16Array;
  readonly clientDepth: Int16Array;
  readonly order: number;
}

const notClassified = 'NC';
const rememberedChoices = 65_536;

/**
 * The most precise rule wins: the thinnest port range, then the deepest server zone, then the deepest client zone, then
 * the order of the configuration. Where no rule matches, the well-known name of the port holds.
 */
export function compileApplications(
  configs: readonly ApplicationConfig[],
  zoneNames: readonly string[],
  options: { wellKnown: boolean }
): Applications {
  const names = [notClassified];
  const indexOf = (name: string) => {
    const known = names.indexOf(name);
    return known >= 0 ? known : names.push(name) - 1;
  };
  const fallback = new Int32Array(65_536);
  if (options.wellKnown) {
    for (const [port, name] of wellKnownPorts) {
      fallback[port] = indexOf(name);
    }
  }

  const candidates = new Map<number, Candidate[]>();
  configs.forEach((config, order) => {
    const application = indexOf(config.name);
    const serverDepth = depths(config.serverZones, zoneNames);
    const clientDepth = depths(config.clientZones, zoneNames);
    for (const [port, width] of thinnest(config.ports)) {
      const list = candidates.get(port) ?? [];
      list.push({ application, width, serverDepth, clientDepth, order });
      candidates.set(port, list);
    }
  });

  // Where no candidate looks at zones the port alone decides: no memory of choices is needed for it.
  const byPort = fallback.slice();
  const needsZones = new Uint8Array(65_536);
  for (const [port, list] of candidates) {
    if (list.every((candidate) => candidate.serverDepth.every(isZero) && candidate.clientDepth.every(isZero))) {
      byPort[port] = choose(list, 0, 0) ?? fallback[port]!;
    } else {
      needsZones[port] = 1;
    }
  }

  const zones = zoneNames.length;
  const choices = new LRUCache<number, number>({ max: rememberedChoices });
  return {
    names,
    lookup(port, clientZone, serverZone) {
      if (needsZones[port] === 0) {
        return byPort[port]!;
      }
      const key = (port * zones + clientZone) * zones + serverZone;
      let application = choices.get(key);
      if (application === undefined) {
        application = choose(candidates.get(port)!, clientZone, serverZone) ?? fallback[port]!;
        choices.set(key, application);
      }
      return application;
    },
  };
}

const isZero = (value: number) => value === 0;

/** For each port the width of the thinnest range that holds it; without ranges every port, 65,536 wide. */
function thinnest(ports: ApplicationConfig['ports']): Map<number, number> {
  const widths = new Map<number, number>();
  for (const value of ports.length === 0 ? ['0-65535'] : ports) {
    const range = parseNumberRange(value, 'port', 65_535);
    if (typeof range === 'string') {
      throw new TypeError(range);
    }
    const width = range.to - range.from + 1;
    for (let port = range.from; port <= range.to; port++) {
      widths.set(port, Math.min(width, widths.get(port) ?? width));
    }
  }
  return widths;
}

function depths(wanted: readonly string[], zoneNames: readonly string[]): Int16Array {
  if (wanted.length === 0) {
    return new Int16Array(zoneNames.length);
  }
  return Int16Array.from(zoneNames, (zone) =>
    wanted.reduce((best, path) => (isBelow(zone, path) ? Math.max(best, path.split('/').length - 1) : best), -1)
  );
}

/** Whether `zone` is `path` or below it. */
function isBelow(zone: string, path: string): boolean {
  return zone === path || zone.startsWith(`${path}/`);
}

function choose(candidates: readonly Candidate[], clientZone: number, serverZone: number): number | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (candidate.serverDepth[serverZone]! < 0 || candidate.clientDepth[clientZone]! < 0) {
      continue;
    }
    const difference =
      best === undefined
        ? -1
        : candidate.width - best.width ||
          best.serverDepth[serverZone]! - candidate.serverDepth[serverZone]! ||
          best.clientDepth[clientZone]! - candidate.clientDepth[clientZone]! ||
          candidate.order - best.order;
    if (difference < 0) {
      best = candidate;
    }
  }
  return best?.application;
}
