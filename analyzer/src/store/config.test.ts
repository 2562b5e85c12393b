import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { storeConfigSchema } from './config.js';

test('an empty section keeps 10 s rows a week and day rows five years', () => {
  const config = storeConfigSchema.parse({});
  assert.equal(config.folder, 'tcpscope-data');
  assert.deepEqual(config.retention, {
    conv_10s: 7 * 86_400,
    conv_1m: 30 * 86_400,
    conv_1h: 365 * 86_400,
    conv_1d: 5 * 365 * 86_400,
    connections: 3 * 86_400,
    feed: 365 * 86_400,
  });
  assert.equal(config.memory, 2 * 1024 ** 3);
  assert.equal(config.spoolLimit, 2 * 1024 ** 3);
  assert.equal(config.concurrentQueries, 4);
});

test('time spans and sizes are read in their usual spellings', () => {
  const { retention, memory, queryMemory, queryTimeout } = storeConfigSchema.parse({
    retention: { conv_10s: '12h', conv_1m: '2w', conv_1h: 'forever', connections: 3600 },
    memory: '4GB',
    queryMemory: '1.5 GiB',
    queryTimeout: '2m',
  });
  assert.equal(retention.conv_10s, 43_200);
  assert.equal(retention.conv_1m, 14 * 86_400);
  assert.equal(retention.conv_1h, null);
  assert.equal(retention.connections, 3600);
  assert.equal(memory, 4 * 1024 ** 3);
  assert.equal(queryMemory, 1.5 * 1024 ** 3);
  assert.equal(queryTimeout, 120);
});

test('mistakes are named with their place', () => {
  const cases: Array<[unknown, RegExp]> = [
    [{ retention: { conv_10s: 'a week' } }, /"a week" is not a time span[\s\S]*retention\.conv_10s/],
    [{ retention: { conv_10s: '0d' } }, /not a time span/],
    [{ retention: { conv_5s: '7d' } }, /Unrecognized key: "conv_5s"/],
    [{ memory: '100MiB' }, /At least 512MiB/],
    [{ memory: 'lots' }, /"lots" is not a size; write "512MiB"/],
    [{ folder: '/data/{a,b}' }, /may not hold any of/],
    [{ concurrentQueries: 0 }, /concurrentQueries/],
  ];
  for (const [config, message] of cases) {
    const { error } = storeConfigSchema.safeParse(config);
    assert.match(error ? z.prettifyError(error) : 'accepted', message);
  }
});
