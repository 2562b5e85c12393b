import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { differences, reportOf } from './compare.js';
import { readTruth } from './expected.js';
import { missing, shared } from './shared.js';

/** Options of the generator: formats, links, and traffic of each kind. */
const samples: Readonly<Record<string, readonly string[]>> = {
  'microseconds, all kinds of connections': ['-s', '1'],
  'minutes of slow traffic, with retransmissions, keep-alives and timers': [
    '-s',
    '2',
    '-r',
    '600',
    '-R',
    '0.03',
    '-O',
    '0.01',
  ],
  'nanoseconds, snapped to 128 bytes': ['-s', '3', '-r', '3000', '-S', '128', '-f', 'pcapns'],
  'big endian, much IPv6 and VLAN': ['-s', '4', '-r', '3000', '-6', '0.5', '-V', '0.6', '-f', 'pcapbe'],
  'pcapng, varied payload, much that is not TCP': ['-s', '5', '-r', '3000', '-f', 'pcapng', '-Z', '-x', '0.2'],
  'scans, lone RSTs and reused ports': [
    ...['-s', '6', '-r', '40000', '-k', '0.1,0.3,20'],
    ...['-m', 'long=0,scan_closed=60,scan_filtered=60,rst_lone=20,reuse=20'],
  ],
};
const PACKETS = 50_000;

const noCompiler = spawnSync('cc', ['--version']).status === 0 ? false : 'needs a C compiler (cc)';
const skip = missing('tools/gen_pcap.c') || noCompiler;

describe(
  'generated captures give what the generator knows that it wrote, conversation by conversation',
  { skip },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'tcpscope-generated-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const generator = join(folder, 'generator');
    if (skip === false) {
      execFileSync('cc', ['-O2', '-o', generator, `${shared}tools/gen_pcap.c`, '-lm']);
    }
    for (const [name, options] of Object.entries(samples)) {
      test(name, async () => {
        const [capture, truth, table] = ['capture', 'truth', 'table'].map((file) => join(folder, file)) as [
          string,
          string,
          string,
        ];
        execFileSync(generator, ['-n', String(PACKETS), '-o', capture, '-t', truth, '-c', table, ...options]);
        const expected = readTruth(truth, table);
        assert.equal(expected.totals.frames, PACKETS);
        assert.ok(expected.conversations.length > 100, `${expected.conversations.length} conversations`);
        assert.deepEqual(differences(await reportOf(capture), expected), []);
      });
    }
  }
);
