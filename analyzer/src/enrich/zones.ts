import { parseRange, wholeSpace, type AddressRange } from './address.js';
import type { ZoneConfig } from './config.js';
import { parseNumberRange } from './ranges.js';

/**
 * The zone rules, cut into disjoint address intervals when the configuration is read; finding a zone is then one binary
 * search, below 0.1 µs, so there is no cache to bound or to go stale. The price is an interval for each edge of a rule:
 * some 10 MB for 100,000 prefixes.
 */
export interface Zones {
  /** Names by index; 0 is "", the zone of what no rule matches. */
  readonly names: readonly string[];
  /**
   * Index of the zone of the 16-byte address at `offset` (bytes) of `addresses`, seen in `vlan` (outermost id, 0 when
   * untagged).
   */
  lookup(addresses: Uint8Array, offset: number, vlan: number): number;
}

interface Rule {
  readonly zone: number;
  readonly ranges: readonly AddressRange[];
  /** A 1 for each VLAN id that matches; null for every VLAN. */
  readonly vlans: Uint8Array | null;
}

/** Compiles rules that `zoneConfigSchema` has passed. */
export function compileZones(configs: readonly ZoneConfig[]): Zones {
  const names = ['', ...new Set(configs.map((config) => config.name))];
  const zoneOf = new Map(names.map((name, at) => [name, at]));
  const rules = configs
    .map((config, at) => ({ config, at }))
    .sort((a, b) => b.config.priority - a.config.priority || a.at - b.at)
    .map(({ config }): Rule => {
      const ranges =
        config.subnets.length === 0 ? [wholeSpace] : config.subnets.map((text) => checked(parseRange(text)));
      return { zone: zoneOf.get(config.name)!, ranges, vlans: vlanSet(config.vlans) };
    });
  return { names, lookup: searcher(cut(rules)) };
}

function checked<T>(parsed: T | string): T {
  if (typeof parsed === 'string') {
    throw new TypeError(parsed);
  }
  return parsed;
}

function vlanSet(values: ZoneConfig['vlans']): Uint8Array | null {
  if (values.length === 0) {
    return null;
  }
  const set = new Uint8Array(4096);
  for (const value of values) {
    const { from, to } = checked(parseNumberRange(value, 'VLAN', 4095));
    set.fill(1, from, to + 1);
  }
  return set;
}

/** From `from` up to the next interval's `from`: the rules that may match, in order, up to the first for every VLAN. */
interface Interval {
  readonly from: bigint;
  readonly rules: readonly Rule[];
}

const v4First = 0xffff_0000_0000n;
const v4Last = 0xffff_ffff_ffffn;

/** Walks the edges of all rules in order of address. The edges of the IPv4 space are always among them. */
function cut(rules: readonly Rule[]): Interval[] {
  const starts = new Map<bigint, number[]>();
  const ends = new Map<bigint, number[]>();
  const add = (map: Map<bigint, number[]>, at: bigint, rule: number) => {
    const list = map.get(at);
    if (list) {
      list.push(rule);
    } else {
      map.set(at, [rule]);
    }
  };
  rules.forEach((rule, at) => {
    for (const range of rule.ranges) {
      add(starts, range.from, at);
      add(ends, range.to + 1n, at);
    }
  });
  const edges = new Set([0n, v4First, v4Last + 1n, ...starts.keys(), ...ends.keys()]);
  edges.delete(wholeSpace.to + 1n);

  const active = new Map<number, number>();
  return [...edges]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((from) => {
      for (const rule of ends.get(from) ?? []) {
        const left = active.get(rule)! - 1;
        if (left === 0) {
          active.delete(rule);
        } else {
          active.set(rule, left);
        }
      }
      for (const rule of starts.get(from) ?? []) {
        active.set(rule, (active.get(rule) ?? 0) + 1);
      }
      const matching = [...active.keys()].sort((a, b) => a - b).map((at) => rules[at]!);
      const last = matching.findIndex((rule) => rule.vlans === null);
      return { from, rules: last === -1 ? matching : matching.slice(0, last + 1) };
    });
}

function searcher(intervals: readonly Interval[]): Zones['lookup'] {
  const words = [96n, 64n, 32n, 0n].map((shift) =>
    Uint32Array.from(intervals, (interval) => Number((interval.from >> shift) & 0xffff_ffffn))
  );
  const [w0, w1, w2, w3] = words as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  const v4From = intervals.findIndex((interval) => interval.from === v4First);
  const v4To = intervals.findIndex((interval) => interval.from === v4Last + 1n);
  // The zone where the address alone decides, else -1.
  const zones = Int32Array.from(intervals, ({ rules }) => {
    const first = rules[0];
    return first === undefined ? 0 : first.vlans === null ? first.zone : -1;
  });

  function byVlan(interval: number, vlan: number): number {
    for (const rule of intervals[interval]!.rules) {
      if (rule.vlans === null || rule.vlans[vlan] === 1) {
        return rule.zone;
      }
    }
    return 0;
  }

  return (addresses, offset, vlan) => {
    const a0 = word(addresses, offset);
    const a1 = word(addresses, offset + 4);
    const a2 = word(addresses, offset + 8);
    const a3 = word(addresses, offset + 12);
    const v4 = a0 === 0 && a1 === 0 && a2 === 0xffff;
    // Invariant: the interval searched for is in [low, high).
    let low = v4 ? v4From : 0;
    let high = v4 ? v4To : w0.length;
    while (high - low > 1) {
      const mid = (low + high) >>> 1;
      const beyond = v4
        ? w3[mid]! > a3
        : w0[mid]! !== a0
          ? w0[mid]! > a0
          : w1[mid]! !== a1
            ? w1[mid]! > a1
            : w2[mid]! !== a2
              ? w2[mid]! > a2
              : w3[mid]! > a3;
      if (beyond) {
        high = mid;
      } else {
        low = mid;
      }
    }
    const zone = zones[low]!;
    return zone >= 0 ? zone : byVlan(low, vlan);
  };
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
