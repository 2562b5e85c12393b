import type { Scenario } from '../bench.js';
import type { Peer } from '../peer.js';
import { exchanges, sendInPieces } from './exchange.js';

/** Sends without end in sight; the connection will be over before. */
function flood(peer: Peer, bytes: number): void {
  void peer.send(bytes);
}

export const abortScenarios: readonly Scenario[] = [
  {
    name: 'client-resets-download',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'client-abort');
      await exchanges(bench, client, server, 0, 2);
      client.read();
      server.read();
      const before = client.received;
      await client.send(random.spread(50, 600));
      await bench.sleep(random.spread(1, 30));
      flood(server, 4_000_000);
      await client.got(before + random.spread(3_000, 300_000));
      client.reset();
    },
  },
  {
    name: 'client-resets-while-waiting',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'client-abort');
      await exchanges(bench, client, server, 0, 2);
      client.read();
      server.read();
      const before = server.received;
      await client.send(random.spread(50, 3000));
      await server.got(before + 50);
      await bench.sleep(random.spread(30, 1500));
      client.reset();
    },
  },
  {
    name: 'client-resets-upload',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'client-abort');
      client.read();
      server.read();
      flood(client, 4_000_000);
      await server.got(random.spread(5_000, 300_000));
      client.reset();
    },
  },
  {
    name: 'client-closes-unread',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'client-abort');
      server.read();
      await client.send(random.spread(50, 600));
      await server.got(50);
      // More than the client's kernel takes: less would look like a response that was read to its end.
      flood(server, random.spread(400_000, 3_000_000));
      await bench.sleep(random.spread(120, 900));
      client.close();
    },
  },
  {
    name: 'client-closes-download',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'client-abort');
      await exchanges(bench, client, server, 0, 2);
      client.read();
      server.read();
      const before = client.received;
      await client.send(random.spread(50, 600));
      if (random.chance(0.5)) {
        flood(server, 4_000_000);
      } else {
        void sendInPieces(bench, server, 400, random.spread(500, 20_000), random.int(2, 12));
      }
      await client.got(before + random.spread(2_000, 100_000));
      client.close();
      await bench.sleep(200);
    },
  },
  {
    name: 'client-quits-before-the-response',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'client-abort');
      await exchanges(bench, client, server, 0, 2);
      client.read();
      server.read();
      const before = server.received;
      const request = random.spread(50, 2000);
      await client.send(request);
      await server.got(before + request);
      await bench.sleep(random.spread(20, 900));
      client.close();
      await bench.sleep(random.spread(60, 900));
      await server.send(random.spread(200, 40_000));
    },
  },
  {
    name: 'client-killed-while-downloading',
    async run(bench) {
      const { random } = bench;
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'client-abort');
      await bench.listen(tuple.server, port, (server) => {
        server.read();
        void sendInPieces(bench, server, 1000, random.spread(2_000, 60_000), random.int(1, 10));
      });
      const role = { role: 'client', host: tuple.server, port, local: tuple.client, localPort: tuple.clientPort };
      const child = await bench.process(bench.world.client, { ...role, send: 300, read: random.chance(0.6) });
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      await bench.sleep(random.spread(100, 600));
      child.kill('SIGKILL');
      await bench.sleep(300);
    },
  },
  {
    name: 'server-resets-at-accept',
    lossless: true,
    async run(bench) {
      const { random } = bench;
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'server-abort');
      const wait = random.chance(0.5) ? 0 : random.spread(1, 300);
      await bench.listen(tuple.server, port, (server) => {
        setTimeout(() => server.reset(), wait);
      });
      const client = await bench.connect(tuple);
      await bench.sleep(wait);
      await bench.over(client);
    },
  },
  {
    name: 'server-closes-at-accept',
    async run(bench) {
      const { random } = bench;
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'server-abort');
      await bench.listen(tuple.server, port, (server) => server.close());
      const client = (await bench.connect(tuple)).read();
      await client.gotEnd();
      await bench.sleep(random.spread(1, 200));
      client.end();
      await bench.sleep(50);
    },
  },
  {
    name: 'server-resets-on-request',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'server-abort');
      await exchanges(bench, client, server, 0, 2);
      client.read();
      server.read();
      const before = server.received;
      const request = random.spread(50, 5000);
      await client.send(request);
      await server.got(before + request);
      await bench.sleep(random.chance(0.5) ? 0 : random.spread(1, 1200));
      server.reset();
    },
  },
  {
    name: 'server-resets-response',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'server-abort');
      client.read();
      server.read();
      await client.send(random.spread(50, 600));
      await server.got(50);
      const before = client.received;
      flood(server, 4_000_000);
      await client.got(before + random.spread(3_000, 200_000));
      server.reset();
    },
  },
  {
    name: 'server-closes-unread-request',
    async run(bench) {
      const { random } = bench;
      const port = bench.openPort();
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'server-abort');
      const answer = random.chance(0.5) ? random.spread(100, 900) : 0;
      await bench.listen(tuple.server, port, (server) => {
        setTimeout(
          () => {
            void server.send(answer);
            server.close();
          },
          random.spread(100, 600)
        );
      });
      const client = (await bench.connect(tuple)).read();
      flood(client, random.spread(200, 400_000));
      await bench.over(client);
    },
  },
  {
    name: 'server-closes-during-upload',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'server-abort');
      client.read();
      server.read();
      flood(client, 4_000_000);
      await server.got(random.spread(3_000, 300_000));
      server.close();
      await bench.over(client);
    },
  },
  {
    name: 'server-killed-during-upload',
    async run(bench) {
      const { random } = bench;
      const port = bench.openPort();
      const role = { role: 'server', host: bench.server(), port, send: 0, read: random.chance(0.5) };
      const child = await bench.process(bench.world.server, role);
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'server-abort');
      const client = (await bench.connect(tuple)).read();
      void sendInPieces(bench, client, 1000, random.spread(2_000, 60_000), random.int(1, 10));
      await bench.sleep(random.spread(100, 600));
      child.kill('SIGKILL');
      await bench.over(client);
    },
  },
];
