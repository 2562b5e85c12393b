import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, parseAddress, parseRange, type AddressRange } from './address.js';
import { zoneConfigSchema, type ZoneConfig } from './config.js';
import { compileZones, type Zones } from './zones.js';

function bytes(address: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => Number((address >> BigInt(120 - 8 * i)) & 0xffn));
}

function zones(rules: Array<Partial<ZoneConfig> & { name: string }>): Zones {
  return compileZones(rules.map((rule) => zoneConfigSchema.parse(rule)));
}

function zoneOf(compiled: Zones, address: string, vlan = 0): string {
  return compiled.names[compiled.lookup(bytes(parseAddress(address)!), 0, vlan)]!;
}

test('the rule with the highest priority wins, not the longest prefix', () => {
  const compiled = zones([
    { name: '/Paris/Servers', priority: 10, subnets: ['10.1.2.0/24'] },
    { name: '/Paris', priority: 20, subnets: ['10.1.0.0/16'] },
    { name: '/Internet', priority: -1000 },
  ]);
  assert.equal(zoneOf(compiled, '10.1.2.3'), '/Paris');
  assert.equal(zoneOf(compiled, '10.2.0.1'), '/Internet');
  assert.equal(zoneOf(compiled, '2001:db8::1'), '/Internet');
});

test('rules of equal priority are tried in the order of the configuration', () => {
  const compiled = zones([
    { name: '/A', subnets: ['10.0.0.0/24'] },
    { name: '/B', subnets: ['10.0.0.0/8'] },
  ]);
  assert.equal(zoneOf(compiled, '10.0.0.255'), '/A');
  assert.equal(zoneOf(compiled, '10.0.1.0'), '/B');
});

test('an address that no rule matches has the zone ""', () => {
  const compiled = zones([{ name: '/A', subnets: ['10.0.0.0/24', '2001:db8::/32'] }]);
  for (const address of ['9.255.255.255', '10.0.1.0', '::', '2001:db9::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']) {
    assert.equal(zoneOf(compiled, address), '', address);
  }
  assert.equal(zoneOf(zones([]), '10.0.0.1'), '');
});

test('0.0.0.0/0 is every IPv4 address and no IPv6 address', () => {
  const compiled = zones([{ name: '/V4', subnets: ['0.0.0.0/0'] }]);
  assert.equal(zoneOf(compiled, '0.0.0.0'), '/V4');
  assert.equal(zoneOf(compiled, '255.255.255.255'), '/V4');
  assert.equal(zoneOf(compiled, '::fffe:ffff:ffff'), '');
  assert.equal(zoneOf(compiled, '::1:0:0:0'), '');
});

test('a rule with VLANs matches only in them, and the next rule is tried', () => {
  const compiled = zones([
    { name: '/Guests', priority: 2, vlans: ['100-199'] },
    { name: '/Voice', priority: 1, subnets: ['10.0.0.0/8'], vlans: [20, 4095] },
    { name: '/Office', subnets: ['10.0.0.0/8'] },
  ]);
  assert.equal(zoneOf(compiled, '10.0.0.1', 150), '/Guests');
  assert.equal(zoneOf(compiled, '192.0.2.1', 199), '/Guests');
  assert.equal(zoneOf(compiled, '192.0.2.1', 200), '');
  assert.equal(zoneOf(compiled, '10.0.0.1', 20), '/Voice');
  assert.equal(zoneOf(compiled, '10.0.0.1', 4095), '/Voice');
  assert.equal(zoneOf(compiled, '10.0.0.1', 0), '/Office');
});

test('two rules may fill one zone', () => {
  const compiled = zones([
    { name: '/A', priority: 5, subnets: ['10.0.0.0/24'] },
    { name: '/A', priority: 1, vlans: [7] },
  ]);
  assert.deepEqual(compiled.names, ['', '/A']);
  assert.equal(zoneOf(compiled, '192.0.2.1', 7), '/A');
});

test('the search finds what trying every rule in order finds', () => {
  // Few distinct addresses, so that edges touch and rules overlap.
  const v4 = fc.nat(40).map((n) => 0xffff_0000_0000n + BigInt(n < 20 ? n : 0xffff_ffff - (n - 20)));
  const v6 = fc.nat(40).map((n) => (n < 20 ? BigInt(n) << 96n : (1n << 48n) + BigInt(n)));
  const address = fc.oneof(v4, v6);
  const span = fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6)).map(([a, b]) => {
    const [from, to] = a <= b ? [a, b] : [b, a];
    return `${formatAddress(from)}-${formatAddress(to)}`;
  });
  const valid = span.filter((text) => typeof parseRange(text) !== 'string');
  const rule = fc.record({
    name: fc.constantFrom('/A', '/B', '/C', '/D'),
    priority: fc.nat(3),
    subnets: fc.array(valid, { maxLength: 3 }),
    vlans: fc.array(fc.nat(3), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 8 }), fc.array(fc.tuple(address, fc.nat(3))), (rules, probes) => {
      const compiled = zones(rules);
      for (const [at, vlan] of probes) {
        const expected = [...rules]
          .sort((a, b) => b.priority - a.priority)
          .find(
            ({ subnets, vlans }) =>
              (vlans.length === 0 || vlans.includes(vlan)) &&
              (subnets.length === 0 ||
                subnets.some((text) => {
                  const range = parseRange(text) as AddressRange;
                  return range.from <= at && at <= range.to;
                }))
          );
        assert.equal(compiled.names[compiled.lookup(bytes(at), 0, vlan)], expected?.name ?? '');
      }
    }),
    { numRuns: 300 }
  );
});
