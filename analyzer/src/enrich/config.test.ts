import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { createEnrichment, enrichConfigSchema } from './index.js';

test('an empty section has no zones and names well-known ports', () => {
  assert.deepEqual(enrichConfigSchema.parse({}), { zones: [], applications: [], wellKnownPorts: true });
});

test('a section is compiled into zones and applications that know each other', () => {
  const { zones, applications } = createEnrichment(
    enrichConfigSchema.parse({
      zones: [{ name: '/Paris', subnets: ['10.1.0.0/16'], vlans: ['10-20', 30] }],
      applications: [{ name: 'VPN', ports: [1194], serverZones: ['/Paris'] }],
    })
  );
  const address = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 0, 1);
  const zone = zones.lookup(address, 0, 15);
  assert.equal(zones.names[zone], '/Paris');
  assert.equal(applications.names[applications.lookup(1194, 0, zone)], 'VPN');
});

test('mistakes are named with their place', () => {
  const cases: Array<[unknown, RegExp]> = [
    [{ zones: [{ name: 'Paris' }] }, /begins with "\/"[\s\S]*zones\[0\]\.name/],
    [{ zones: [{ name: '/Paris/' }] }, /has no empty part/],
    [
      { zones: [{ name: '/A', subnets: ['10.1.2.3/8'] }] },
      /did you mean "10\.0\.0\.0\/8"[\s\S]*zones\[0\]\.subnets\[0\]/,
    ],
    [{ zones: [{ name: '/A', vlans: [4096] }] }, /4096 is above 4095/],
    [{ zones: [{ name: '/A', subnet: [] }] }, /Unrecognized key: "subnet"/],
    [{ applications: [{ name: 'A', ports: ['90-80'] }] }, /"90-80" ends before it begins/],
    [{ applications: [{ name: 'A', ports: ['http'] }] }, /"http" is not a port/],
    [{ applications: [{ name: 'A', ports: [70000] }] }, /70000 is above 65535/],
    [{ applications: [{ name: 'A' }] }, /would match everything/],
  ];
  for (const [config, message] of cases) {
    const { error } = enrichConfigSchema.safeParse(config);
    assert.match(error ? z.prettifyError(error) : 'accepted', message);
  }
});
