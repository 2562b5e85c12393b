import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { errorKinds, TcpscopeError } from '../../errors.js';
import { EngineFault, type Engine, type NativeInsert } from '../engine/engine.js';
import { schemaOf } from '../schema/tables.js';
import { SpoolFolder } from '../spool/folder.js';
import { Losses } from '../spool/losses.js';
import { formatName, parseName, type SpoolFile } from '../spool/name.js';
import { memoryLog, temporaryFolder, until } from '../store-fixture.js';
import { Ingest } from './ingest.js';
import { ImportLedger } from './ledger.js';

/** An engine that does what `answer` says of the n-th try of a block. */
async function ingest(
  t: TestContext,
  answer: (token: string, attempt: number) => Error | null,
  /** What each insert waits for. */
  hanging: Promise<void> = Promise.resolve()
) {
  const attempts = new Map<string, number>();
  const stored: string[] = [];
  const engine = {
    async insertNative({ token }: NativeInsert) {
      await hanging;
      const attempt = (attempts.get(token) ?? 0) + 1;
      attempts.set(token, attempt);
      const error = answer(token, attempt);
      if (error === null) {
        stored.push(token);
        return;
      }
      throw error;
    },
    select: () => Promise.resolve({ rows: 0, data: [] }),
    execute: () => Promise.resolve(),
  } as unknown as Engine;
  const folder = new SpoolFolder(temporaryFolder());
  await folder.create();
  const losses = new Losses(() => 0);
  const subject = new Ingest({
    engine,
    schema: schemaOf(),
    folder,
    ledger: await ImportLedger.load(engine, () => 0),
    losses,
    log: memoryLog(),
    isComing: () => false,
    quarantineLimit: 1e6,
    slowMs: 50,
    onFreed: () => undefined,
    onStored: () => undefined,
  });
  t.after(() => subject.stop());
  let sequence = 0;
  const put = async (table = 'conv_10s', kind: 'capture' | 'import' = 'capture'): Promise<SpoolFile> => {
    const bytes = Buffer.from('block');
    const number = sequence++;
    const source = { kind, probe: 'p', run: 'r', layout: 'l', worker: 0, sequence: String(number) };
    const name = formatName({ time: 1, number, table, rows: 10, bytes: 5, crc: crc32(bytes), source });
    await folder.put(name, bytes, false);
    return parseName(name)!;
  };
  return { subject, folder, losses, stored, attempts, put };
}

const fault = (code: number | null) => new EngineFault(`Code: ${code}.`, code);

test('files are stored in the order of writing and then gone', async (t) => {
  const { subject, folder, stored, put } = await ingest(t, () => null);
  const files = [await put(), await put('connections'), await put()];
  await subject.scan();
  subject.start();
  await subject.idle();
  assert.deepEqual(
    stored,
    files.map(({ token }) => token)
  );
  assert.deepEqual(readdirSync(folder.path), []);
  assert.deepEqual([subject.files, subject.bytes], [0, 0]);
});

test('what hinders any block is tried again until it is over, and shown meanwhile', async (t) => {
  const again = [
    fault(243),
    fault(241),
    fault(252),
    new EngineFault('Code: 1001. std::filesystem: No space left on device', 1001),
    new TcpscopeError(errorKinds.storeUnavailable, ['restarting']),
  ];
  for (const error of again) {
    let over = false;
    const { subject, losses, stored, put } = await ingest(t, () => (over ? null : error));
    subject.start();
    subject.add(await put(), true);
    await until('it was tried', () => subject.obstacle !== null);
    assert.match(subject.obstacle!, /243|space/.test(error.message) ? /the disk is full/ : /./);
    over = true;
    await subject.idle();
    assert.deepEqual([stored.length, subject.obstacle, losses.snapshot()], [1, null, {}]);
  }
});

test('a database that hangs is in the way as long as it does', async (t) => {
  let answers = () => {};
  const hanging = new Promise<void>((resolve) => (answers = resolve));
  const { subject, stored, put } = await ingest(t, () => null, hanging);
  subject.start();
  subject.add(await put(), true);
  await until('it is said', () => subject.obstacle === 'the database does not answer');
  assert.deepEqual(stored, []);
  answers();
  await subject.idle();
  assert.deepEqual([stored.length, subject.obstacle], [1, null]);
});

test('a block that the engine rejects is set aside at once, and the next one stored', async (t) => {
  const { subject, folder, losses, stored, attempts, put } = await ingest(t, (token) =>
    token.endsWith('.0') ? fault(33) : null
  );
  const [bad, good] = [await put(), await put()];
  subject.add(bad, true);
  subject.add(good, true);
  subject.start();
  await subject.idle();
  assert.deepEqual(stored, [good.token]);
  assert.equal(attempts.get(bad.token), 1);
  assert.deepEqual(readdirSync(folder.quarantinePath), [bad.name, `${bad.name}.reason.txt`]);
  assert.deepEqual(losses.snapshot(), { quarantined: { rows: 10, batches: 1, lastAt: 0 } });
});

test('a block with which the engine dies five times is taken for the cause', async (t) => {
  const { subject, folder, stored, attempts, put } = await ingest(t, (token, attempt) =>
    token.endsWith('.0') || attempt < 5 ? fault(null) : null
  );
  const [bad, unlucky] = [await put(), await put()];
  subject.add(bad, true);
  subject.add(unlucky, true);
  subject.start();
  await subject.idle();
  assert.deepEqual(stored, [unlucky.token]);
  assert.deepEqual([attempts.get(bad.token), attempts.get(unlucky.token)], [5, 5]);
  assert.ok(readdirSync(folder.quarantinePath).includes(bad.name));
});

test('a file for a table that does not exist is set aside', async (t) => {
  const { subject, losses, put } = await ingest(t, () => null);
  subject.add(await put('conv_5s'), true);
  subject.start();
  await subject.idle();
  assert.equal(losses.snapshot().quarantined?.rows, 10);
});

test('a file that somebody removed is counted', async (t) => {
  const { subject, folder, losses, put } = await ingest(t, () => null);
  const file = await put();
  await folder.remove(file.name);
  subject.add(file, false);
  subject.start();
  await subject.idle();
  assert.deepEqual(losses.snapshot(), { vanished: { rows: 10, batches: 1, lastAt: 0 } });
});

test('a file that is stored while the folder is being listed is not taken for a new one', async (t) => {
  const { subject, folder, losses, stored, put } = await ingest(t, () => null);
  const file = await put();
  const listing = await folder.list();
  let answer!: (value: typeof listing) => void;
  let asked = false;
  folder.list = () => {
    asked = true;
    return new Promise((resolve) => (answer = resolve));
  };
  const scan = subject.scan();
  await until('the listing began', () => asked);
  subject.add(file, true);
  subject.start();
  await subject.idle();
  answer(listing);
  await scan;
  await subject.idle();
  assert.deepEqual([stored, losses.snapshot()], [[file.token], {}]);
});

test('stopping leaves what is not stored in the spool, and tells who waits for it', async (t) => {
  const { subject, folder, put } = await ingest(t, () => fault(243));
  const file = await put('conv_10s', 'import');
  subject.add(file, true);
  subject.start();
  const settled = subject.settled(file.name);
  await until('it was tried', () => subject.obstacle !== null);
  await Promise.all([subject.stop(), assert.rejects(settled, { code: 'TCPS_E_STORE_UNAVAILABLE' })]);
  await assert.rejects(subject.settled(file.name), { code: 'TCPS_E_STORE_UNAVAILABLE' });
  assert.deepEqual(readdirSync(folder.path), [file.name]);
});

test('the fate of an import is known also to who asks after it', async (t) => {
  const { subject, put } = await ingest(t, () => null);
  const file = await put('conv_10s', 'import');
  subject.add(file, true);
  subject.start();
  await subject.idle();
  assert.equal(await subject.settled(file.name), 'stored');
});
