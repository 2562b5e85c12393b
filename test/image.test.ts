import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inRepository } from './plugin-host/paths.js';

const CAPTURE = 'test/lab/captures/backlog-overflow-4.pcap';

/** Instructions of analyzer/Dockerfile by the name of their stage ("" for the last), each in words. */
function stages(): Map<string, string[][]> {
  const text = readFileSync(inRepository('analyzer/Dockerfile'), 'utf8');
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  const found = new Map<string, string[][]>();
  let current: string[][] = [];
  for (const words of lines.map((line) => line.trim().split(/\s+/)).filter(([first]) => first !== '')) {
    if (words[0] === 'FROM') {
      current = [];
      found.set(words[3] ?? '', current);
    } else {
      current.push(words);
    }
  }
  return found;
}

/** COPY: what is in a folder goes into a folder; a file goes into what ends with a slash. */
function copy(names: readonly string[], from: string, target: string, to: string): void {
  for (const name of names) {
    const isFile = statSync(join(from, name)).isFile();
    const place = isFile && target.endsWith('/') ? join(target, basename(name)) : target;
    cpSync(join(from, name), join(to, place), { recursive: true, verbatimSymlinks: true });
  }
}

/**
 * Follows the Dockerfile without Docker, as far as Node's files go: what the stage "dependencies" installs, and what the last
 * one copies, must be enough to run the analyzer. The stage "build" is the repository itself, which is built.
 */
describe('the image of the analyzer', () => {
  const place = mkdtempSync(join(tmpdir(), 'tcpscope-image-'));
  const image = join(place, 'image');
  const installed = join(place, 'dependencies');
  const last = stages().get('')!;
  after(() => rmSync(place, { recursive: true, force: true }));

  before(() => {
    mkdirSync(image);
    mkdirSync(installed);
    for (const [instruction, ...words] of stages().get('dependencies')!) {
      if (instruction === 'COPY') {
        copy(words.slice(0, -1), inRepository(''), words.at(-1)!, installed);
      } else if (instruction === 'RUN') {
        const { status, stderr } = spawnSync(words.join(' '), { shell: true, cwd: installed, encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      }
    }
    for (const [instruction, ...words] of last) {
      if (instruction === 'COPY') {
        const isInstalled = words[0] === '--from=dependencies';
        const names = words.slice(0, -1).filter((name) => !name.startsWith('--from='));
        const inside = names.map((name) => name.replace(/^\/(build|opt\/tcpscope)\b/, '.'));
        copy(inside, isInstalled ? installed : inRepository(''), words.at(-1)!, image);
      }
    }
  });

  it('runs the analyzer with what is in it', () => {
    const [, ...entry] = last.find(([instruction]) => instruction === 'ENTRYPOINT')!;
    const [command, cli] = JSON.parse(entry.join(' ')) as [string, string];
    assert.equal(command, 'node');
    const args = [cli.replace('/opt/tcpscope', image), 'report', '--format', 'json', inRepository(CAPTURE)];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: image });
    assert.equal(status, 0, stderr);
    assert.ok((JSON.parse(stdout) as { packets: { tcp: number } }).packets.tcp > 0);
  });
});
