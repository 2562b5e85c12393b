import { ACK, RST } from '../../traffic/frame.js';
import type { Bench, Scenario } from '../bench.js';
import type { Peer, Tuple } from '../peer.js';
import { sendRaw, sequencesOf, type Crafted } from '../raw.js';
import { exchanges, sendInPieces } from './exchange.js';

/**
 * Resets a connection in the names of its ends from a router, as a filter on the path does: it has seen the numbers, but
 * its packets come from another stack and another distance.
 */
async function inject(bench: Bench, tuple: Tuple, server: Peer, toClient: boolean, toServer: boolean): Promise<void> {
  const { random, world } = bench;
  const { send, receive } = sequencesOf(server);
  const style = {
    flags: random.chance(0.5) ? RST | ACK : RST,
    ttl: random.pick([255, 128, 64, 44, 200]),
    window: random.pick([0, 0, 8192]),
  };
  const packets: Crafted[] = [];
  // Real injectors send several, with rising numbers, in case data overtakes them.
  for (let i = 0, copies = random.int(1, 3); i < copies; i++) {
    if (toClient) {
      packets.push({
        ...style,
        source: tuple.server,
        destination: tuple.client,
        sourcePort: tuple.serverPort,
        destinationPort: tuple.clientPort,
        sequence: (send + i * 1460) >>> 0,
        acknowledgement: receive,
        id: random.int(1, 65535),
      });
    }
    if (toServer) {
      packets.push({
        ...style,
        source: tuple.client,
        destination: tuple.server,
        sourcePort: tuple.clientPort,
        destinationPort: tuple.serverPort,
        sequence: (receive + i * 1460) >>> 0,
        acknowledgement: send,
        id: random.int(1, 65535),
      });
    }
  }
  await sendRaw(toClient && bench.vantage !== 'server' ? world.far : world.near, packets);
}

/** A RST that missed the window of its receiver ended nothing. */
function judge(bench: Bench, tuple: Tuple, client: Peer, server: Peer): void {
  bench.truth(tuple, client.socket.destroyed || server.socket.destroyed ? 'injected' : null);
}

export const injectedScenarios: readonly Scenario[] = [
  {
    name: 'injected-after-the-request',
    lossless: true,
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      client.read();
      server.read();
      const request = random.spread(80, 1400);
      await client.send(request);
      await server.got(request);
      const seenAtServer = bench.vantage === 'server';
      await inject(bench, tuple, server, !seenAtServer || random.chance(0.5), seenAtServer || random.chance(0.5));
      void server.send(random.spread(200, 8_000));
      await bench.sleep(250);
      judge(bench, tuple, client, server);
    },
  },
  {
    name: 'injected-between-exchanges',
    lossless: true,
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      await exchanges(bench, client, server, 1, 4);
      await bench.sleep(random.spread(20, 600));
      const seenAtServer = bench.vantage === 'server';
      await inject(bench, tuple, server, !seenAtServer || random.chance(0.5), seenAtServer || random.chance(0.5));
      await bench.sleep(150);
      judge(bench, tuple, client, server);
    },
  },
  {
    name: 'injected-into-a-transfer',
    lossless: true,
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      client.read();
      server.read();
      await client.send(random.spread(80, 600));
      await server.got(80);
      void sendInPieces(bench, server, 300, random.spread(500, 6_000), random.int(5, 40));
      await bench.sleep(random.spread(100, 500));
      const seenAtServer = bench.vantage === 'server';
      await inject(bench, tuple, server, !seenAtServer, seenAtServer);
      await bench.sleep(300);
      judge(bench, tuple, client, server);
    },
  },
];
