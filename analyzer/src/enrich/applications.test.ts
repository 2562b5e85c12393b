import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileApplications } from './applications.js';
import { applicationConfigSchema, type ApplicationConfig } from './config.js';
import { wellKnownPorts } from './well-known-ports.js';

const zones = ['', '/Paris', '/Paris/Servers', '/Parisian', '/Rome'];

function applications(rules: Array<Partial<ApplicationConfig> & { name: string }>, wellKnown = true) {
  const compiled = compileApplications(
    rules.map((rule) => applicationConfigSchema.parse(rule)),
    zones,
    { wellKnown }
  );
  return (port: number, clientZone = '', serverZone = '') =>
    compiled.names[compiled.lookup(port, zones.indexOf(clientZone), zones.indexOf(serverZone))];
}

test('ports that no rule names have their well-known name, all others NC', () => {
  const application = applications([]);
  for (const [port, name] of [
    [22, 'SSH'],
    [443, 'HTTPS'],
    [1194, 'OpenVPN'],
    [3306, 'MySQL'],
    [5432, 'PostgreSQL'],
    [6379, 'Redis'],
    [9092, 'Kafka'],
    [8477, 'tcpscope'],
    [0, 'NC'],
    [65535, 'NC'],
  ] as const) {
    assert.equal(application(port), name);
  }
  assert.equal(applications([], false)(443), 'NC');
});

test('well-known ports are ports with short names', () => {
  assert.ok(wellKnownPorts.size > 500);
  for (const [port, name] of wellKnownPorts) {
    assert.ok(port > 0 && port < 65536, name);
    assert.match(name, /^[\x20-\x7e]{2,30}$/);
  }
});

test('a configured application comes before the well-known name', () => {
  const application = applications([{ name: 'Shop', ports: [443, '9000-9010'] }]);
  assert.equal(application(443), 'Shop');
  assert.equal(application(9005), 'Shop');
  assert.equal(application(9011), 'NC');
});

test('the thinnest port range wins, whatever the order and the zones', () => {
  const application = applications([
    { name: 'Wide', ports: ['8000-8999'], serverZones: ['/Paris/Servers'] },
    { name: 'Thin', ports: ['8080-8081'] },
    { name: 'Any', serverZones: ['/Paris'] },
  ]);
  assert.equal(application(8080, '', '/Paris/Servers'), 'Thin');
  assert.equal(application(8555, '', '/Paris/Servers'), 'Wide');
  assert.equal(application(8555, '', '/Paris'), 'Any');
  assert.equal(application(8555, '', '/Rome'), 'NC');
});

test('at equal width the deeper server zone wins, then the deeper client zone, then the order', () => {
  const application = applications([
    { name: 'Anywhere', ports: [80] },
    { name: 'City', ports: [80], serverZones: ['/Paris'] },
    { name: 'Room', ports: [80], serverZones: ['/Paris/Servers', '/Rome'] },
    { name: 'From Rome', ports: [80], serverZones: ['/Paris'], clientZones: ['/Rome'] },
    { name: 'Late', ports: [80], serverZones: ['/Paris'] },
  ]);
  assert.equal(application(80, '', ''), 'Anywhere');
  assert.equal(application(80, '', '/Paris'), 'City');
  assert.equal(application(80, '/Rome', '/Paris'), 'From Rome');
  assert.equal(application(80, '/Rome', '/Paris/Servers'), 'Room');
  assert.equal(application(80, '', '/Rome'), 'Room');
});

test('a zone of a rule holds the zones below it and no zone that only begins alike', () => {
  const application = applications([{ name: 'App', ports: [1], serverZones: ['/Paris'] }]);
  assert.equal(application(1, '', '/Paris/Servers'), 'App');
  assert.equal(application(1, '', '/Parisian'), 'NC');
});

test('a rule that does not match the zones leaves the well-known name', () => {
  const application = applications([{ name: 'Shop', ports: [443], serverZones: ['/Paris'] }]);
  assert.equal(application(443, '', '/Rome'), 'HTTPS');
});
