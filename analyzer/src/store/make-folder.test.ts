import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder } from './make-folder.js';

const root = mkdtempSync(join(tmpdir(), 'tcpscope-folder-'));
after(() => rmSync(root, { recursive: true }));

test('a folder is made with those above it, for its owner and group alone, and may be there already', async () => {
  const path = join(root, 'a', 'b', 'c');
  await makeFolder(path, 0o750);
  await makeFolder(path, 0o750);
  assert.ok(statSync(path).isDirectory());
  assert.equal(statSync(path).mode & 0o007, 0);
});

test('what is no folder, or leads nowhere, is an error', async () => {
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, 'nowhere'), join(root, 'link'));
  await assert.rejects(makeFolder(join(root, 'file'), 0o750), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(root, 'file', 'x'), 0o750), { code: 'ENOTDIR' });
  await assert.rejects(makeFolder(join(root, 'link', 'x'), 0o750), { code: 'ENOENT' });
});

test('where no folder can ever be made, that is said', { skip: process.platform !== 'linux' }, async () => {
  await assert.rejects(makeFolder('/proc/tcpscope/store', 0o750), { code: 'ENOENT' });
});
