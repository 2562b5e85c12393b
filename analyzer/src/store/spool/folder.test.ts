import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { temporaryFolder } from '../store-fixture.js';
import { SpoolFolder } from './folder.js';
import { formatName, parseName, type SpoolFile } from './name.js';

async function folderWith(...contents: string[]): Promise<{ folder: SpoolFolder; files: SpoolFile[] }> {
  const folder = new SpoolFolder(temporaryFolder());
  await folder.create();
  const files: SpoolFile[] = [];
  for (const [number, text] of contents.entries()) {
    const bytes = Buffer.from(text);
    const source = { kind: 'capture', probe: 'p', run: 'r', layout: '', worker: 0, sequence: String(number) } as const;
    const name = formatName({
      time: 1,
      number,
      table: 'conv_10s',
      rows: 1,
      bytes: bytes.length,
      crc: crc32(bytes),
      source,
    });
    await folder.put(name, bytes, false);
    files.push(parseName(name)!);
  }
  return { folder, files };
}

test('what is listed is complete; files being written are not listed', async () => {
  const { folder, files } = await folderWith('one', 'two');
  writeFileSync(join(folder.path, '.tmp-1-1'), 'half');
  writeFileSync(join(folder.path, 'notes.txt'), 'foreign');
  mkdirSync(join(folder.path, 'folder'));
  assert.deepEqual(await folder.list(), { files, foreign: ['folder', 'notes.txt'] });
});

test('a file that was cut short or changed is not intact', async () => {
  const { folder, files } = await folderWith('something', 'something', 'something');
  assert.equal(await folder.isIntact(files[0]!), true);
  truncateSync(folder.pathOf(files[1]!.name), 4);
  assert.equal(await folder.isIntact(files[1]!), false);
  writeFileSync(folder.pathOf(files[2]!.name), 'somethinG');
  assert.equal(await folder.isIntact(files[2]!), false);
  await folder.remove(files[0]!.name);
  assert.equal(await folder.isIntact(files[0]!), false);
});

test('a file set aside keeps its name and has the reason beside it', async () => {
  const { folder, files } = await folderWith('damaged');
  const { name } = files[0]!;
  assert.equal(await folder.quarantine(name, 'because', 1000), 'kept');
  assert.deepEqual(readdirSync(folder.path), []);
  assert.equal(readFileSync(join(folder.quarantinePath, name), 'utf8'), 'damaged');
  assert.equal(readFileSync(join(folder.quarantinePath, `${name}.reason.txt`), 'utf8'), 'because\n');
  assert.deepEqual(await folder.quarantined(), { files: 1, bytes: 7 });
  assert.equal(await folder.quarantine(name, 'again', 1000), 'gone');
});

test('the quarantine is bounded', async () => {
  const { folder, files } = await folderWith('12345678', '12345678');
  assert.equal(await folder.quarantine(files[0]!.name, 'x', 10), 'kept');
  assert.equal(await folder.quarantine(files[1]!.name, 'x', 10), 'deleted');
  assert.deepEqual(readdirSync(folder.path), []);
  assert.deepEqual(await folder.quarantined(), { files: 1, bytes: 8 });
});

test('an answer is given once', async () => {
  const { folder } = await folderWith();
  assert.equal(await folder.takeAnswer('x.native'), null);
  await folder.answer('x.native', 'duplicate');
  assert.equal(await folder.takeAnswer('x.native'), 'duplicate');
  assert.equal(await folder.takeAnswer('x.native'), null);
});

test('temporary files of dead writers and old answers are swept away, fresh ones stay', async () => {
  const { folder, files } = await folderWith('kept');
  const now = 1_700_000_000_000;
  const aged = (path: string, ageMs: number) => utimesSync(path, (now - ageMs) / 1000, (now - ageMs) / 1000);
  for (const [name, age] of [
    ['.tmp-1-1', 11 * 60_000],
    ['.tmp-2-1', 1000],
  ] as const) {
    writeFileSync(join(folder.path, name), '');
    aged(join(folder.path, name), age);
  }
  aged(folder.pathOf(files[0]!.name), 1e9);
  await folder.answer('old.native', 'stored');
  await folder.answer('new.native', 'stored');
  aged(join(folder.path, '..', 'answers', 'old.native'), 25 * 3600_000);
  aged(join(folder.path, '..', 'answers', 'new.native'), 1000);
  await folder.sweep(now);
  assert.deepEqual(readdirSync(folder.path).sort(), ['.tmp-2-1', files[0]!.name].sort());
  assert.equal(existsSync(join(folder.path, '..', 'answers', 'old.native')), false);
  assert.equal(await folder.takeAnswer('new.native'), 'stored');
});
