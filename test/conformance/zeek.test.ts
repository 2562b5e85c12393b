import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { connectionJson } from '../../analyzer/src/report/index.js';
import { reportOf } from './compare.js';
import { missing, shared } from './shared.js';

/** A line of Zeek's conn.log, from the baselines of its own tests; "-" where they do not say. */
interface ZeekConnection {
  readonly file: string;
  readonly client: string;
  readonly server: string;
  readonly state: string;
  readonly history: string;
  readonly packets: readonly [string, string];
}

const skip = missing('captures/expected/zeek-states.tsv');
const folder = `${shared}captures/`;

function readLog(): ZeekConnection[] {
  const [, ...lines] = readFileSync(`${folder}expected/zeek-states.tsv`, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [file, clientIp, clientPort, serverIp, serverPort, state, history, up, down] = line.split('\t') as [
      string,
      ...string[],
    ];
    return {
      file,
      client: `${clientIp} ${clientPort}`,
      server: `${serverIp} ${serverPort}`,
      state: state as string,
      history: history as string,
      packets: [up as string, down as string],
    };
  });
}

/** Our connections of one file in the same form; what Zeek's baseline does not say is left out. */
async function oursOf(file: string, like: readonly ZeekConnection[]): Promise<ZeekConnection[]> {
  const report = await reportOf(folder + file);
  const ours = report.connections.map((row): ZeekConnection => {
    const json = connectionJson(row);
    return {
      file,
      client: `${json['client.ip']} ${json['client.port']}`,
      server: `${json['server.ip']} ${json['server.port']}`,
      state: String(json['state']),
      history: String(json['history']),
      packets: [String(json['packets.clt']), String(json['packets.srv'])],
    };
  });
  return like.map((theirs) => {
    const said = (value: string, of: string) => (of === '-' ? '-' : value);
    const found = ours
      .filter(({ client, server }) => client === theirs.client && server === theirs.server)
      .map((one): ZeekConnection => ({
        ...one,
        state: said(one.state, theirs.state),
        history: said(one.history, theirs.history),
        packets: [said(one.packets[0], theirs.packets[0]), said(one.packets[1], theirs.packets[1])],
      }));
    assert.equal(found.length, 1, `${file}: ${found.length} connections of ${theirs.client} to ${theirs.server}`);
    return found[0] as ZeekConnection;
  });
}

describe("client, state, history and packets of connections are as Zeek's own tests have them", { skip }, () => {
  const log = skip === false ? readLog() : [];
  for (const file of new Set(log.map((connection) => connection.file))) {
    test(file, async () => {
      const theirs = log.filter((connection) => connection.file === file);
      assert.deepEqual(await oursOf(file, theirs), theirs);
    });
  }

  test('30 connections are compared', () => assert.equal(log.length, 30));
});
