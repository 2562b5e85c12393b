import assert from 'node:assert/strict';
import { appendFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pcap } from '../../../test/traffic/capture-file.js';
import { Scratch } from '../../../test/traffic/read-back.js';
import { talk } from '../../../test/traffic/talk.js';
import { memoryLog } from '../store/store-fixture.js';
import { ImportedFiles } from './imported-files.js';
import { importFiles } from './import.js';
import { completeConfig } from './load-config.js';

const scratch = new Scratch();
after(() => scratch.remove());

const first = pcap(talk({ client: '10.0.0.1:40000', server: '10.0.0.80:443' }).open().close('client').packets);
/** Records of a pcap file without its header. */
const more = first.subarray(24);

describe('a file that is still being written', () => {
  test('is refused when it grows while it is named', async () => {
    const path = scratch.write(first, 'growing.pcap');
    let named = false;
    const naming = ImportedFiles.named([path]).finally(() => (named = true));
    const write = () => {
      if (!named) {
        appendFileSync(path, more);
        setImmediate(write);
      }
    };
    write();
    await assert.rejects(naming, { code: 'TCPS_E_FILE_CHANGING' });
  });

  for (const [how, change] of [
    ['has grown', (path: string) => appendFileSync(path, more)],
    ['was written anew', (path: string) => utimesSync(path, 1, 1)],
  ] as const) {
    test(`is told when it ${how} since it was named`, async () => {
      const paths = ['same.pcap', 'other.pcap'].map((name) => scratch.write(first, `${how} ${name}`));
      const files = await ImportedFiles.named(paths);
      assert.deepEqual(await files.changed(), []);
      change(paths[1]!);
      const [told, ...none] = await files.changed();
      assert.deepEqual([told?.code, none], ['TCPS_E_FILE_CHANGING', []]);
      assert.ok(told?.message.includes(paths[1]!), told?.message);
    });
  }

  test('is told after an import, whose rows are stored', async () => {
    const path = scratch.write(first, 'read.pcap');
    const { read, rows } = await importFiles([path], {
      config: completeConfig({ store: { folder: join(scratch.folder, 'store') } }),
      workers: 1,
      log: memoryLog(),
      onRead: () => appendFileSync(path, more),
    });
    assert.ok(rows.stored > 0);
    assert.deepEqual(
      read.damage.map(({ code }) => code),
      ['TCPS_E_FILE_CHANGING']
    );
  });
});
