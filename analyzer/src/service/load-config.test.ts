import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TcpscopeError } from '../errors.js';
import { completeConfig, parseConfig, readConfig } from './load-config.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpscope-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function refusal(work: () => unknown): TcpscopeError {
  try {
    work();
  } catch (error) {
    assert(error instanceof TcpscopeError, String(error));
    return error;
  }
  return assert.fail('it was taken');
}

/** What is wrong, and where it has to be said. */
const wrong: ReadonlyArray<readonly [what: string, yaml: string, place: string, says: RegExp]> = [
  ['an unknown key', 'stores: {}', '1:1', /stores is no setting/],
  ['an unknown key in a section', 'probe: a\nstore:\n  folder: x\n  foldr: y', '4:3', /store\.foldr is no setting/],
  [
    'an unknown key in a list',
    'capture:\n  - interface: eth0\n    snaplen: 96',
    '3:5',
    /capture\[0\]\.snaplen is no set/,
  ],
  ['a text for a number', 'api:\n  port: "8477"', '2:3', /api\.port: .*number/],
  ['a number for a text', 'probe: 7', '1:1', /probe: .*string/],
  ['a fraction', 'connections: 2048.5', '1:1', /connections: .*int/],
  ['a port out of range', 'api: { port: 65536 }', '1:8', /api\.port: .*65535/],
  ['too few connections', 'connections: 10', '1:1', /connections: .*1024/],
  ['a level that is none', 'log: { level: loud }', '1:8', /log\.level: .*debug/],
  ['a size without a unit we know', 'store:\n  memory: 2 elephants', '2:3', /"2 elephants" is not a size/],
  ['a size that is too small', 'store: { memory: 1MiB }', '1:10', /At least 512MiB/],
  ['a ring that is too large', 'capture: [{ interface: a, ring: 5GiB }]', '1:27', /between 2MiB and 4GiB/],
  ['a time span that is none', 'store:\n  retention:\n    conv_1h: soon', '3:5', /"soon" is not a time span/],
  [
    'a retention of no table',
    'store:\n  retention:\n    conv_1w: 1w',
    '3:5',
    /store\.retention\.conv_1w is no setting/,
  ],
  ['a capture of nothing', 'capture:\n  - snap: 96', '2:5', /capture\[0\]: .*either an interface or/],
  ['a capture of two things', 'capture: [{ interface: a, read: "-" }]', '1:11', /not both/],
  [
    'a filter for a stream',
    'capture:\n  - read: "-"\n    filter: tcp',
    '3:5',
    /capture\[0\]\.filter: A stream has no packet/,
  ],
  ['workers for a stream', 'capture:\n  - read: "-"\n    workers: 2', '3:5', /capture\[0\]\.workers: .*one worker/],
  [
    'an interface twice',
    'capture:\n  - interface: a\n  - interface: a',
    '3:5',
    /capture\[1\]: .*interface a is captured alre/,
  ],
  ['a stream twice', 'capture:\n  - read: "-"\n  - read: "-"', '3:5', /capture\[1\]: .*captured already/],
  ['a list for a map', 'store: [1, 2]', '1:1', /store: .*object/],
  ['a map for a list', 'zones: {}', '1:1', /zones: .*array/],
  ['a list as the whole', '- 1\n- 2', '1:1', /the configuration: .*object/],
  ['a text as the whole', 'capture', '1:1', /the configuration: .*object/],
  ['a zone that is no path', 'zones:\n  - name: Paris', '2:5', /zones\[0\]\.name: A zone is a path/],
  ['a prefix that is too long', 'zones:\n  - { name: /a, subnets: [10.0.0.0/33] }', '2:27', /zones\[0\]\.subnets\[0\]/],
  ['a VLAN that is none', 'zones:\n  - { name: /a, vlans: [5000] }', '2:25', /zones\[0\]\.vlans\[0\]: .*VLAN/],
  ['a truth for a VLAN', 'zones:\n  - { name: /a, vlans: [true] }', '2:25', /vlans\[0\]: .*expected number or string/],
  ['a second document', 'probe: a\n---\nprobe: b', '2:1', /one document/],
  ['an application for everything', 'applications:\n  - name: All', '2:5', /applications\[0\]: .*everything/],
  ['a token that is too short', 'api: { token: secret }', '1:8', /api\.token: .*16 characters/],
  ['a key without its certificate', 'api:\n  tls:\n    key: k.pem', '2:3', /api\.tls\.cert/],
  ['a key twice', 'probe: a\nprobe: b', '2:1', /unique/],
  ['no YAML', 'a: [1, 2\nb: }', '2:1', /./],
  ['a tab for an indent', 'store:\n\tfolder: x', '2:1', /[Tt]ab/],
  ['a bomb of aliases', bomb(), '1:1', /alias/i],
];

/** Ten lines that would become 10^9 texts (https://en.wikipedia.org/wiki/Billion_laughs_attack). */
function bomb(): string {
  const lines = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`);
  return ['a0: &a0 ha', ...lines].join('\n');
}

describe('a configuration that is wrong', () => {
  for (const [what, yaml, place, says] of wrong) {
    test(`has ${what}: the place and the key are said`, () => {
      const error = refusal(() => parseConfig(yaml, 'c.yaml'));
      assert.equal(error.code, 'TCPS_E_CONFIG_INVALID');
      assert(error.message.includes(`c.yaml:${place}: `), error.message);
      assert.match(error.message, says);
      assert(!error.message.includes('\n'), error.message);
    });
  }

  test('in several places has the first one said, and how many more there are', () => {
    const { message } = refusal(() => parseConfig('probe: 1\nconnections: 1\nlog: 3', 'c.yaml'));
    assert.match(message, /c\.yaml:1:1: probe: .*and 2 more: c\.yaml:2:1: connections: .*c\.yaml:3:1: log/);
  });

  test('cannot be read: the file and the reason are said', () => {
    const missing = join(folder, 'missing.yaml');
    const error = refusal(() => readConfig(missing));
    assert.equal(error.code, 'TCPS_E_CONFIG_UNREADABLE');
    assert.equal(error.message, `Cannot read the configuration ${missing}: there is no such file.`);
    assert.equal(refusal(() => readConfig(folder)).message, `Cannot read the configuration ${folder}: it is a folder.`);
  });

  test('of settings that come from no file names the setting', () => {
    const error = refusal(() => completeConfig({ api: { port: -1 } }));
    assert.equal(error.code, 'TCPS_E_CONFIG_INVALID');
    assert.match(error.message, /settings: api\.port: /);
  });
});

describe('a configuration that is right', () => {
  test('may be empty, or hold nothing but remarks', () => {
    for (const text of ['', '\n', '# nothing yet\n', '---\n', '{}', 'null']) {
      const config = completeConfig(parseConfig(text, 'c.yaml'));
      assert.deepEqual([config.capture, config.api.port, config.store.folder], [[], 8477, 'tcpscope-data'], text);
    }
  });

  test('may have keys without values, which count as left out', () => {
    const yaml = 'probe:\nstore:\n  # folder: x\ncapture:\nzones:\n  - name: /a\n    subnets:\n';
    const config = completeConfig(parseConfig(yaml, 'c.yaml'));
    assert.deepEqual([config.capture, config.store.folder, config.zones[0]!.subnets], [[], 'tcpscope-data', []]);
  });

  test('has its units understood', () => {
    const yaml =
      'store: { memory: 3GiB, retention: { conv_10s: 36h, connections: forever } }\ncapture: [{ interface: a, ring: 8MB }]';
    const config = completeConfig(parseConfig(yaml, 'c.yaml'));
    assert.equal(config.store.memory, 3 * 1024 ** 3);
    assert.deepEqual([config.store.retention.conv_10s, config.store.retention.connections], [36 * 3600, null]);
    assert.equal(config.capture[0]!.ring, 8 * 1024 ** 2);
  });

  test('of the company in test/traffic is an example of one', () => {
    const path = fileURLToPath(new URL('../../../test/traffic/company.yaml', import.meta.url));
    const config = completeConfig(readConfig(path));
    assert.equal(config.probe, 'demo');
    assert(config.zones.length > 5 && config.applications.length > 5);
  });

  test('is read from a file', () => {
    const path = join(folder, 'right.yaml');
    writeFileSync(path, 'probe: paris\n');
    assert.deepEqual(readConfig(path), { probe: 'paris' });
  });
});
