import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inRepository } from '../plugin-host/paths.js';
import { pcap } from '../traffic/capture-file.js';
import { talk } from '../traffic/talk.js';
import { Analyzer, askUntil, type Health } from './analyzer.js';
import { cannotMakeHosts, TwoHosts } from './two-hosts.js';

/** A device that drops, and counts, whatever no rule has sent to it. */
const device = 'ifb7';

function cannotMakeDevice(): string | false {
  const made = spawnSync('unshare', ['--net', 'ip', 'link', 'add', device, 'type', 'ifb'], { encoding: 'utf8' });
  return made.status === 0 ? false : `no device that drops: ${made.stderr}`.trim();
}

describe('what an interface drops', { skip: cannotMakeHosts() || cannotMakeDevice() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-drops-'));
  const file = join(folder, 'packets.pcap');
  let hosts: TwoHosts;
  let analyzer: Analyzer;

  const add = () => {
    hosts.run(hosts.server, 'ip', ['link', 'add', device, 'type', 'ifb']);
    hosts.run(hosts.server, 'ip', ['link', 'set', device, 'up']);
  };
  const send = () => hosts.run(hosts.server, process.execPath, [inRepository('test/live/inject.mjs'), device, file]);
  const get = (path: string): Promise<string> =>
    Promise.resolve(
      hosts.run(hosts.server, process.execPath, [
        '-e',
        `fetch('${analyzer.url}${path}').then((r) => r.text()).then((t) => process.stdout.write(t))`,
      ])
    );
  const isIn = (state: string) =>
    askUntil(
      async () => JSON.parse(await get('/api/v1/health')) as Health,
      ({ capture: [first] }) => first?.state === state
    );
  /** Counted, once at least so many are; null when nothing is told. */
  const dropped = (least: number) =>
    askUntil(
      async () => {
        const [, count] = /^tcpscope_capture_interface_drops_total\{.*\} (\d+)$/m.exec(await get('/metrics')) ?? [];
        return count === undefined ? null : Number(count);
      },
      (count) => count !== null && count >= least
    );

  before(async () => {
    const { packets } = talk({ start: 1_700_000_000 }).open().exchange().rst('server');
    writeFileSync(file, pcap(packets));
    hosts = new TwoHosts();
    add();
    analyzer = await Analyzer.start(
      ['capture', '-i', device, '--store', join(folder, 'store'), '--port', '0'],
      'capturing',
      (command, args) => hosts.start(hosts.server, command, args)
    );
  });

  after(async () => {
    await Analyzer.stopAll();
    hosts?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is still told when it is gone, and goes on being counted when another comes under its name', async () => {
    send();
    const before = await dropped(5);
    assert.ok(before !== null && before >= 5, String(before));
    hosts.run(hosts.server, 'ip', ['link', 'delete', device]);
    await isIn('failed');
    assert.equal(await dropped(before), before);
    add();
    await isIn('running');
    send();
    const later = await dropped(before + 5);
    assert.ok(later !== null && later >= before + 5, `${before}, then ${later}`);
  });
});
