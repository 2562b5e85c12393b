import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { forgetLastDemo } from '../scripts/demo-store.mjs';

describe('the store of an earlier demo', () => {
  const place = mkdtempSync(join(tmpdir(), 'tcpscope-demo-'));
  after(() => rmSync(place, { recursive: true, force: true }));
  const ended = spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });

  for (const [name, lock, stays] of [
    ['of one that has ended', '', false],
    ['of one that was killed', JSON.stringify({ pid: Number(ended.stdout) }), false],
    ['of one that runs', JSON.stringify({ pid: process.pid }), true],
    ['a folder that is none', null, true],
    ['a folder with a lock of something else', 'mine', true],
  ] as const) {
    it(`${stays ? 'stays' : 'goes'}: ${name}`, () => {
      const folder = join(place, name);
      mkdirSync(join(folder, 'engine'), { recursive: true });
      if (lock !== null) {
        writeFileSync(join(folder, 'lock'), lock);
      }
      forgetLastDemo(folder);
      assert.equal(existsSync(folder), stays);
    });
  }

  it('need not be there', () => {
    assert.doesNotThrow(() => forgetLastDemo(join(place, 'nowhere')));
  });
});
