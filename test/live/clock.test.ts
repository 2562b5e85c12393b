import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { Analyzer, askUntil, type Health } from './analyzer.js';
import { cannotMakeHosts, TwoHosts } from './two-hosts.js';

describe('a capture while the clock of its machine is set back an hour', { skip: cannotMakeHosts() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-clock-'));
  const sign = join(folder, 'set-back');
  let hosts: TwoHosts;
  let analyzer: Analyzer;

  const health = (): Promise<Health> =>
    Promise.resolve(
      JSON.parse(
        hosts.run(hosts.server, process.execPath, [
          '-e',
          `fetch('${analyzer.url}/api/v1/health').then((r) => r.text()).then((t) => process.stdout.write(t))`,
        ])
      ) as Health
    );
  const ping = () =>
    hosts.run(hosts.client, process.execPath, [
      '-e',
      `const s = require('net').connect(9, '${hosts.serverAddress}').on('error', () => s.destroy());
       setTimeout(() => process.exit(), 300)`,
    ]);

  before(async () => {
    hosts = new TwoHosts();
    // Read by every thread of the analyzer: the clock of the machine itself is not ours to set.
    const clock = join(folder, 'clock.mjs');
    writeFileSync(
      clock,
      `import { existsSync } from 'node:fs';
       const now = Date.now;
       Date.now = () => now() - (existsSync(${JSON.stringify(sign)}) ? 3_600_000 : 0);`
    );
    analyzer = await Analyzer.start(
      ['capture', '-i', hosts.serverInterface, '--store', join(folder, 'store'), '--port', '0'],
      'capturing',
      (command, args) => hosts.start(hosts.server, command, args, { NODE_OPTIONS: `--import ${pathToFileURL(clock)}` })
    );
  });

  after(async () => {
    await Analyzer.stopAll();
    hosts?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('goes on telling what it counts and how its interface fares', async () => {
    ping();
    const { capture: before } = await askUntil(health, ({ capture: [first] }) => first!.packets.tcp > 0);
    writeFileSync(sign, '');
    ping();
    const { capture: counted } = await askUntil(
      health,
      ({ capture: [first] }) => first!.packets.tcp > before[0]!.packets.tcp
    );
    assert.ok(counted[0]!.packets.tcp > before[0]!.packets.tcp);
    hosts.run(hosts.server, 'ip', ['link', 'set', hosts.serverInterface, 'down']);
    const { capture } = await askUntil(health, ({ capture: [first] }) => first!.state === 'failed');
    assert.equal(capture[0]!.reason, 'The interface is down. Capture goes on when it is up.');
    assert.equal(await analyzer.stop(), 0, analyzer.output);
  });
});
