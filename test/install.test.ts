import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inRepository } from './plugin-host/paths.js';

/** What `npm ci` reads of a clone. */
const FILES = ['package.json', 'package-lock.json', '.npmrc', 'filter/package.json', 'analyzer/package.json'];
/** The npm that comes with Node 20.20, the oldest that is supported. Newer ones want less of a lock file. */
const OLDEST_NPM = 'npm@10.8.2';

describe('the lock file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-install-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it(`has all that ${OLDEST_NPM} asks for`, (t) => {
    FILES.forEach((file) => cpSync(inRepository(file), join(folder, file)));
    const args = ['--yes', OLDEST_NPM, 'ci', '--dry-run', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { status, stderr } = spawnSync('npx', args, { cwd: folder, encoding: 'utf8' });
    if (/code (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT)/.test(stderr)) {
      t.skip('the package registry cannot be reached');
      return;
    }
    assert.equal(status, 0, stderr);
  });
});
