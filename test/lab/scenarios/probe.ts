import { RST, SYN, synOptions } from '../../traffic/frame.js';
import { addressIn } from '../address.js';
import type { Bench, Scenario } from '../bench.js';
import { sendRaw } from '../raw.js';

/** A SYN from a scanner's own stack; the host's kernel knows nothing of it and resets the answer. */
async function scan(bench: Bench, server: string, port: number, clientPort: number): Promise<void> {
  const { random } = bench;
  await sendRaw(bench.world.client, [
    {
      source: bench.client(),
      destination: server,
      sourcePort: clientPort,
      destinationPort: port,
      sequence: random.int(1, 0xfffffff),
      flags: SYN,
      options: random.chance(0.5) ? synOptions : new Uint8Array(0),
      window: 1024,
      ttl: random.int(50, 64),
      id: random.int(1, 65535),
    },
  ]);
}

async function tryPort(bench: Bench, server: string, port: number, open: boolean, raw: boolean): Promise<void> {
  const tuple = bench.tuple(server, port);
  bench.truth(tuple, open ? 'port-probe' : 'refused');
  if (raw) {
    await scan(bench, server, port, tuple.clientPort);
    return;
  }
  const client = await bench.connect(tuple);
  if (!client.socket.destroyed) {
    if (bench.random.chance(0.5)) {
      client.reset();
    } else {
      client.close();
    }
  }
}

export const probeScenarios: readonly Scenario[] = [
  {
    name: 'health-check-by-reset',
    lossless: true,
    async run(bench) {
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'port-probe');
      await bench.listen(tuple.server, port, (server) => {
        server.read();
        void server.gotEnd().then(
          () => server.end(),
          () => undefined
        );
      });
      const client = await bench.connect(tuple);
      await bench.sleep(bench.random.chance(0.7) ? 0 : bench.random.spread(1, 30));
      client.reset();
      await bench.sleep(50);
    },
  },
  {
    name: 'health-check-by-close',
    async run(bench) {
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'port-probe');
      await bench.listen(tuple.server, port, (server) => {
        server.read();
        void server.gotEnd().then(
          () => server.end(),
          () => undefined
        );
      });
      const client = await bench.connect(tuple);
      await bench.sleep(bench.random.chance(0.7) ? 0 : bench.random.spread(1, 30));
      client.end();
      await bench.sleep(100);
    },
  },
  {
    name: 'syn-scan-of-an-open-port',
    lossless: true,
    async run(bench) {
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'port-probe');
      await bench.listen(tuple.server, port, () => undefined);
      await scan(bench, tuple.server, port, tuple.clientPort);
      await bench.sleep(100);
    },
  },
  {
    name: 'scanner-resets-by-itself',
    lossless: true,
    async run(bench) {
      // Some scanners send the RST themselves, with whatever numbers their own stack has.
      const { random } = bench;
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port, bench.client('mute'));
      bench.truth(tuple, 'port-probe');
      await bench.listen(tuple.server, port, () => undefined);
      const sequence = random.int(1, 0xfffffff);
      const common = {
        source: tuple.client,
        destination: tuple.server,
        sourcePort: tuple.clientPort,
        destinationPort: port,
        window: random.pick([1024, 1200, 65535]),
        ttl: random.int(40, 64),
      };
      await sendRaw(bench.world.client, [{ ...common, sequence, flags: SYN, id: random.int(1, 65535) }]);
      const begin = performance.now();
      await bench.sleep(bench.roundTrip() + random.int(60, 140));
      if (performance.now() - begin > 800) {
        throw new Error('the machine was too busy to probe in time');
      }
      await sendRaw(bench.world.client, [
        { ...common, sequence: sequence + 1, flags: RST, window: 0, id: random.int(1, 65535) },
      ]);
    },
  },
  {
    name: 'port-scan',
    lossless: true,
    finding: 'port-scan',
    async run(bench) {
      const { random } = bench;
      const server = bench.server();
      const first = random.int(1024, 15_000);
      const ports = Array.from({ length: random.int(20, 45) }, (_, i) => first + i);
      const open = new Set([random.pick(ports), random.pick(ports)]);
      for (const port of open) {
        await bench.listen(server, port, (peer) => {
          peer.read();
          void peer.gotEnd().then(
            () => peer.end(),
            () => undefined
          );
        });
      }
      const raw = random.chance(0.5);
      for (const port of ports) {
        await tryPort(bench, server, port, open.has(port), raw);
        await bench.sleep(random.int(0, 12));
      }
      await bench.sleep(150);
    },
  },
  {
    name: 'host-sweep',
    lossless: true,
    finding: 'host-sweep',
    async run(bench) {
      const { random, family } = bench;
      const port = random.pick([22, 23, 445, 3389, 1433]);
      const raw = random.chance(0.5);
      const hosts = random.int(28, 45);
      for (let host = 1; host <= hosts; host++) {
        const server = addressIn(family, 'sweep', ((bench.instance & 0xff) << 8) | host);
        const open = random.chance(0.1);
        if (open) {
          await bench.listen(server, port, (peer) => {
            peer.read();
            void peer.gotEnd().then(
              () => peer.end(),
              () => undefined
            );
          });
        }
        await tryPort(bench, server, port, open, raw);
        await bench.sleep(random.int(0, 12));
      }
      await bench.sleep(150);
    },
  },
];
