import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Analyzer, askUntil, type Health } from './analyzer.js';
import { cannotMakeHosts, TwoHosts } from './two-hosts.js';

describe('a capture whose interface', { skip: cannotMakeHosts(), concurrency: false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-interface-'));
  let hosts: TwoHosts;
  let analyzer: Analyzer;

  /** On the server's host, whose loopback is not ours. */
  const get = (path: string): Promise<string> =>
    Promise.resolve(
      hosts.run(hosts.server, process.execPath, [
        '-e',
        `fetch('${analyzer.url}${path}').then((r) => r.text()).then((t) => process.stdout.write(t))`,
      ])
    );
  /** Health, once the capture is in a state; the last one when it never is. */
  const inState = (state: string, reason?: RegExp) =>
    askUntil(
      async () => JSON.parse(await get('/api/v1/health')) as Health,
      ({ capture: [first] }) => first?.state === state && (reason === undefined || reason.test(first.reason ?? ''))
    );
  const link = (...args: string[]) => hosts.run(hosts.server, 'ip', ['link', ...args]);
  const ping = () =>
    hosts.run(hosts.client, process.execPath, [
      '-e',
      `const s = require('net').connect(9, '${hosts.serverAddress}').on('error', () => s.destroy());
       setTimeout(() => process.exit(), 300)`,
    ]);

  before(async () => {
    hosts = new TwoHosts();
    analyzer = await Analyzer.start(
      ['capture', '-i', hosts.serverInterface, '--store', join(folder, 'store'), '--port', '0'],
      'capturing',
      (command, args) => hosts.start(hosts.server, command, args)
    );
  });

  after(async () => {
    await Analyzer.stopAll();
    hosts?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is up runs', async () => {
    ping();
    const { status, capture } = await inState('running');
    assert.deepEqual([status, capture[0]!.state, capture[0]!.reason], ['ok', 'running', undefined]);
  });

  test('goes down is said to wait for it, in health and metrics', async () => {
    link('set', hosts.serverInterface, 'down');
    const { status, reasons, capture } = await inState('failed', /is down/);
    assert.equal(status, 'degraded');
    assert.equal(capture[0]!.reason, 'The interface is down. Capture goes on when it is up.');
    assert.match(reasons.join(), /capture on wire1 failed: The interface is down/);
    assert.match(await get('/metrics'), /^tcpscope_capture_running\{interface="wire1"\} 0$/m);
  });

  test('comes up again goes on and counts', async () => {
    link('set', hosts.serverInterface, 'up');
    const { capture: before } = await inState('running');
    assert.equal(before[0]!.state, 'running');
    ping();
    const { capture } = await askUntil(
      async () => JSON.parse(await get('/api/v1/health')) as Health,
      ({ capture: [first] }) => first!.packets.tcp > before[0]!.packets.tcp
    );
    assert.ok(capture[0]!.packets.tcp > before[0]!.packets.tcp);
  });

  test('is removed waits for one of its name, and captures that', async () => {
    link('delete', hosts.serverInterface);
    const { capture } = await inState('failed', /is gone/);
    assert.equal(capture[0]!.reason, 'The interface is gone. Capture goes on when it comes back.');
    hosts.connect();
    const { status, capture: again } = await inState('running');
    assert.deepEqual([status, again[0]!.state], ['ok', 'running']);
    ping();
    const last = await askUntil(
      async () => JSON.parse(await get('/api/v1/health')) as Health,
      ({ capture: [first] }) => first!.packets.tcp > again[0]!.packets.tcp
    );
    assert.ok(last.capture[0]!.packets.tcp > again[0]!.packets.tcp);
  });

  test('was away ends well', async () => {
    assert.equal(await analyzer.stop(), 0, analyzer.output);
  });
});
