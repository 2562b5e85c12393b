import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { TcpscopeError } from '../errors.js';
import { settingsOf } from './settings.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpscope-settings-'));
const file = join(folder, 'tcpscope.yaml');
writeFileSync(
  file,
  'probe: file\nstore: { folder: of-file }\napi: { port: 1111, host: 127.0.0.2, token: token-of-the-file }\ncapture: [{ interface: eth7 }]\n'
);
const former = process.env['TCPSCOPE_TOKEN'];
beforeEach(() => delete process.env['TCPSCOPE_TOKEN']);
after(() => {
  rmSync(folder, { recursive: true, force: true });
  if (former !== undefined) {
    process.env['TCPSCOPE_TOKEN'] = former;
  }
});

test('without a file and options everything has its default', () => {
  const { probe, store, api, capture } = settingsOf({});
  assert.deepEqual(
    [probe, store.folder, api.host, api.port, api.token, capture],
    [hostname(), 'tcpscope-data', '127.0.0.1', 8477, undefined, []]
  );
});

test('the file comes before defaults', () => {
  const { probe, store, api, capture } = settingsOf({ config: file });
  assert.deepEqual(
    [probe, store.folder, api.host, api.port, api.token, capture[0]!.interface],
    ['file', 'of-file', '127.0.0.2', 1111, 'token-of-the-file', 'eth7']
  );
});

test('options come before the file, each for itself', () => {
  const { probe, store, api, query } = settingsOf({ config: file, probe: 'option', port: 0 });
  assert.deepEqual([probe, store.folder, api.host, api.port], ['option', 'of-file', '127.0.0.2', 0]);
  assert.equal(query.rows, 10_000);
  assert.equal(settingsOf({ config: file, store: 'elsewhere', host: '::1' }).store.folder, 'elsewhere');
});

test('a token in the environment comes before that of the file; an empty one is none', () => {
  process.env['TCPSCOPE_TOKEN'] = 'token-of-environment';
  assert.equal(settingsOf({ config: file }).api.token, 'token-of-environment');
  process.env['TCPSCOPE_TOKEN'] = '';
  assert.equal(settingsOf({ config: file }).api.token, 'token-of-the-file');
});

test('a token in the environment is held to the same rules', () => {
  process.env['TCPSCOPE_TOKEN'] = 'short';
  assert.throws(
    () => settingsOf({}),
    (error) => error instanceof TcpscopeError && /api\.token/.test(error.message) && !error.message.includes('short"')
  );
});

test('the captures of the command line are made from those of the file', () => {
  const { capture } = settingsOf({ config: file }, (ofFile = []) => [...ofFile, { read: '-' }]);
  assert.deepEqual(
    capture.map((one) => one.interface ?? one.read),
    ['eth7', '-']
  );
});
